import { deterministic } from './smooth.mjs';

/** The part of docs/interpolation.md about `smooth`; `figures` are those of the section of the same name. */
export function smoothSections({ date, machine, prompts, steps, rows, time }) {
  const popular = rows.filter(({ scheduler }) => scheduler === 'Karras');
  const mean = (side, key) => {
    const list = popular.filter((row) => row.side === side);
    return (list.reduce((sum, row) => sum + row[key], 0) / list.length).toFixed(2);
  };
  return [
    [
      '## A smooth way through the steps: `smooth`',
      '',
      'A cross-fade moves each sample along a straight line from one step to the next, and turns at every step. A picture',
      'that is denoised moves on a curve: fast at first, slower and slower. `smooth` looks at the steps before and after',
      'the two and bends the line between them. With the changes d₀, d₁, d₂ of four steps at even distances, the frame',
      'halfway lies beside the cross-fade by',
      '',
      '    1.3 · q · (|d₁|/|d₀| · (d₀ − d₁) + |d₁|/|d₂| · (d₁ − d₂)) / 16',
      '',
      'and the others by a parabola through it. Without 1.3, q and the sizes of the changes, this is the cubic through four',
      'points. The sizes make each turn count in relation to the speed around it, as the changes shrink from step to step.',
      'q says how much the changes have to do with each other, by the mean c of their correlations at both steps: 0 up to',
      'c = 0.05, 1 from 0.25 on, linear between. Deterministic samplers reach correlations of 0.2 to 0.7. Of samplers that',
      'add noise in each step, every change is news: correlations stay around 0, and nothing known is nearer to a step left',
      'out than the cross-fade of its neighbours; there `smooth` is that cross-fade. At uneven times (pacing), changes',
      'become speeds, and the weights those of the Lagrange polynomial. The bend is softened over 3×3 samples, so that the',
      'rounding of the sources does not add up (0.1 dB). To estimate q and the sizes for each region of the picture gained',
      'nothing (between −0.03 and +0.02 dB with regions of 16 to 64 pixels), so they are those of the whole picture. The',
      'first and the last interval, and GIF with its palette, are cross-faded. Code: the',
      '[formula](../src/movie/in-betweens/bend.ts) and its [kernels](../src/movie/kernels/assembly/bend.ts).',
    ].join('\n'),
    [
      '### Steps left out',
      '',
      `${date.slice(0, 10)}, ${machine.cores} cores of ${machine.model}, Node ${machine.node}. ${steps} denoised steps of the embedded`,
      `model as 8-bit RGB, ${prompts.small} prompts at 128×128, ${prompts.large === 1 ? 'the first' : prompts.large} of them enlarged to 512×512 too. None of them was used to`,
      'choose the formula or its constants, but after a first measurement c was made to begin at 0.05, as *one* lost up to',
      '0.05 dB with samplers that add noise. Each step is left out and made from those around it: gain in PSNR over the',
      'cross-fade, in dB, means over steps of values up to 60. *Every second* is a movie of half the steps; *one* is a movie',
      'of all the others, at uneven times. Sharpness is the mean gradient beside that of the two neighbours. Some samplers',
      'have rows with the Karras schedule, and with their own.',
      '',
      table(
        [
          ...['sampler', 'size', 'cross-fade (dB)', 'gain, every second', 'gain, one', 'gain of `mci`'],
          ...['sharpness', 'of the cross-fade'],
        ],
        rows.map((row) => [
          `${row.sampler}${row.scheduler === 'Karras' ? ', Karras' : ''}`,
          `${row.side}×${row.side}`,
          row.blend.toFixed(2),
          ...[row.gain, row.gainOfOne, row.gainOfMci].map(signed),
          ...[row.sharpness.toFixed(3), row.sharpnessOfBlend.toFixed(3)],
        ]),
      ),
      '',
      `${deterministic.join(', ')}, Karras, in the mean: ${mean(128, 'gain')} and ${mean(128, 'gainOfOne')} dB at 128×128, ${mean(512, 'gain')} and ${mean(512, 'gainOfOne')} dB at 512×512.`,
      'With four other prompts, the plain cubic gained 1.1 dB (every second) and lost 0.1 to 0.9 dB with samplers that add noise.',
    ].join('\n'),
    [
      '### Beside a neural interpolator',
      '',
      'RIFE, which people often run over such steps, looks for motion where there is none. Reported, not measured again',
      'here: on such steps at 512×512, 45.8 dB for the frame halfway, where a cross-fade has 46.8 and the',
      'plain cubic 49.0; on a GIF of real steps that is on the web, 14.9 dB, where a cross-fade has 15.4.',
    ].join('\n'),
    ...(time ? [timeSection(time)] : []),
  ];
}

function timeSection({ blend, smooth, ratio, processor, rounds, bytes }) {
  return [
    '### Time and size',
    '',
    `100 pictures of 512×512 to 30 s as x264, whole commands, alternately (medians of ${rounds}): ${blend.toFixed(2)} s with a cross-fade, ${smooth.toFixed(2)} s`,
    `with \`smooth\`, ${ratio.toFixed(3)} × as long (median of the ratios), and ${processor.ratio.toFixed(3)} × as much processor time; the file has ${bytes.blend.toLocaleString('en')} and ${bytes.smooth.toLocaleString('en')} bytes.`,
  ].join('\n');
}

function signed(value) {
  const text = value.toFixed(2);
  if (Number(text) === 0) return '0.00';
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
