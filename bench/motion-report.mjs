import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { smoothSections } from './smooth-report.mjs';

/**
 * Writes docs/interpolation.md.
 * @param smooth the figures of the section `smooth`, if it has been measured
 */
export function writeMotionReport({ date, machine, quality = [], sizes = [], time }, smooth) {
  const sections = [
    '# Frames between two steps\n\nWritten by `npm run bench -- smooth motion`; not edited by hand.',
    ...(smooth ? smoothSections(smooth) : []),
    '## What moves: `mci`\n\n`mci` follows what moves from one picture to the next, as in a movie made with img2img, and is `smooth` where pictures change in place. Below are the figures of the motion alone, beside a cross-fade.',
    `${date.slice(0, 10)}, ${machine.cores} cores of ${machine.model}, Node ${machine.node}. The peer is the minterpolate filter of the \`ffmpeg\` command, \`mi_mode=mci\`, with defaults otherwise.`,
    '### How it works',
    'Motion is estimated once per pair, in both directions, by dense inverse search (Kroeger et al. 2016) over a pyramid of luma, for cells of 4×4 pixels. For a frame, each cell is followed back to both pictures, which are moved there (cubic convolution) and cross-faded. Whether a cell is moved or cross-faded in place depends on three things: whether the pictures match much better along the motion than in place, whether the motion of the other direction leads back, and how much of the difference of the whole pair motion explains. The last one distinguishes movement from steps of denoising, in which texture appears: there, motion that seems to fit was no better than a cross-fade, measured against the steps left out, and is used at no more than half strength. What enters the picture comes from the one that has it; what is uncovered within the picture is cross-faded. The code is a [module of its own](../src/motion/README.md).',
    '### How it looks\n\n![Frames between two pictures](interpolation-strip.webp)',
    'From left to right: frames at 0, ¼, ½, ¾ and 1. From top to bottom: without interpolation, blended, and by motion. Above: a disc that moves in front of a background; below: two steps of denoising, three steps apart.',
    '### Quality\n\nEvery second picture of a sequence is left out and interpolated from its neighbours. PSNR (dB) and SSIM are those of 8-bit luma against the picture left out; sharpness is the mean gradient magnitude divided by that of the two neighbours. The thresholds were tuned on the sequences that are not held out.',
    ...['denoising', 'synthetic'].map((kind) => qualityTable(quality.filter((row) => row.kind === kind))),
    ...(time ? timeSection(time) : []),
    '### Time by size\n\nA pan, on all cores, in milliseconds: the motion of a pair, a frame, and a frame per megapixel.',
    table(
      ['side (pixels)', 'pair (ms)', 'frame (ms)', 'frame per megapixel (ms)'],
      sizes.map(({ side, pair, frame, framePerMegapixel }) => [side, pair, frame, framePerMegapixel]),
    ),
  ];
  writeFileSync(join(import.meta.dirname, '../docs/interpolation.md'), `${sections.join('\n\n')}\n`);
}

const methods = ['ours', 'minterpolate', 'blend'];

function qualityTable(rows) {
  if (rows.length === 0) return '';
  const present = methods.filter((method) => rows[0][method]);
  const head = [
    '',
    ...['PSNR', 'SSIM', 'sharpness'].flatMap((measure) => present.map((method) => `${measure} ${method}`)),
  ];
  const measures = [
    ['psnr', 2],
    ['ssim', 4],
    ['sharpness', 3],
  ];
  const cells = (row) => measures.flatMap(([key, digits]) => present.map((method) => row[method][key].toFixed(digits)));
  const mean = Object.fromEntries(
    present.map((method) => [method, Object.fromEntries(measures.map(([key]) => [key, meanOf(rows, method, key)]))]),
  );
  return table(head, [...rows.map((row) => [row.name, ...cells(row)]), ['**mean**', ...cells(mean)]]);
}

function meanOf(rows, method, key) {
  return rows.reduce((sum, row) => sum + row[method][key], 0) / rows.length;
}

function timeSection({ frames, denoising, moving }) {
  const row = (name, { ours, minterpolate }) => [
    ...[name, ours.wall, ours.fastest, ours.processor],
    ...(minterpolate
      ? [minterpolate.wall, minterpolate.processor, (minterpolate.wall / ours.wall).toFixed(1)]
      : ['', '', '']),
    minterpolate ? (minterpolate.wall / ours.fastest).toFixed(1) : '',
  ];
  const what = frames === 900 ? '900 frames from 100 pictures' : `The first ${frames} of 900 frames from 100 pictures`;
  return [
    `### Time\n\n${what} of 512×512, interpolation only, in seconds: ours on all cores, including the start of its threads (three runs, before and after the peer's), minterpolate on one core, as it is single-threaded.`,
    table(
      [
        ...[
          '',
          'ours, median',
          'ours, fastest',
          'ours, processor time',
          'minterpolate',
          'minterpolate, processor time',
        ],
        ...['times faster, median', 'fastest'],
      ],
      [row('steps of denoising', denoising), row('a pan, 8 pixels per step', moving)],
    ),
  ];
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
