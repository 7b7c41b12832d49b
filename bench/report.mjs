import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '..', 'docs');
const pictures = 'The pictures are steps of the embedded engine, enlarged to 512×512.';

/** Writes the pages that quote figures, of the sections that have been measured. */
export function writeReports({
  codecs,
  finish,
  live,
  record,
  sampling,
  embedded,
  engine,
  service,
  queue,
  page,
  hosts,
  holds,
}) {
  if (codecs && finish)
    writePage('codecs.md', [...codecSections(codecs, finish), ...(holds ? holdSections(holds) : [])]);
  if (live && record && sampling)
    writePage('benchmarks.md', [
      ...benchmarkSections(live, record, sampling),
      ...(embedded ? embeddedSections(embedded) : []),
      ...(engine ? engineSections(engine) : []),
      ...(service ? serviceSections(service) : []),
      ...(queue ? queueSections(queue) : []),
      ...(page ? pageSections(page) : []),
      ...(hosts ? hostSections(hosts) : []),
    ]);
}

function writePage(name, sections) {
  writeFileSync(join(docs, name), `${sections.join('\n\n')}\n`);
}

function holdSections({ movies, ...where }) {
  const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`;
  const rows = Object.entries(movies).flatMap(([movie, measured]) =>
    Object.entries(measured).map(([codec, { before, after, size }]) => [
      ...[movie, codec, before.nearest.toFixed(4), after.nearest.toFixed(4)],
      ...[before.bicubic.toFixed(4), after.bicubic.toFixed(4), percent(size)],
    ]),
  );
  return [
    '## The frame people stop on',
    measuredOn({ ...where, rounds: 1 }),
    [
      'RGB SSIM of the last frame against the finished image, after a hold of 1 s: with all frames coded alike, and with',
      'holds coded better, which tuned settings do. `ffmpeg` makes RGB of the frame, with chroma samples repeated or',
      'interpolated: players do one or the other.',
    ].join('\n'),
    table(['movie', 'codec', 'repeated: alike', 'better', 'interpolated: alike', 'better', 'size'], rows),
  ];
}

function hostSections({ hosts, pairs, ...where }) {
  const rows = Object.entries(hosts).map(([name, { without, with: with_, ratio, least, most }]) => [
    ...[name, without.toFixed(2), with_.toFixed(2), ratio.toFixed(3), `${least.toFixed(2)}–${most.toFixed(2)}`],
  ]);
  return [
    '## In other programs',
    measuredOn({ ...where, rounds: pairs }),
    [
      'How long the sampler of another program takes by itself, and with us listening to it, on the processor: the web UI',
      'extension, the nodes of ComfyUI, `StepsAnimation` of the Python package, with networks of random weights. Steps are',
      'decoded after sampling, as other programs do. The ratio is the median of those of the pairs.',
    ].join('\n'),
    table(['', 'without (s)', 'with (s)', 'ratio', 'least–most'], rows),
  ];
}

function measuredOn({ date, machine, rounds }) {
  const cores = `${machine.cores} cores of ${machine.model}, Node ${machine.node}`;
  return `${date.slice(0, 10)}, ${cores}; medians of ${rounds} interleaved rounds.`;
}

function codecSections({ date, machine, rounds, ...codecs }, finish) {
  const rows = Object.entries(codecs).flatMap(([codec, kinds]) =>
    Object.entries(kinds).map(([kind, figures]) => [
      codec,
      kind === 'ffmpeg' ? '`ffmpeg`' : kind,
      figures.frames,
      figures.seconds.toFixed(2),
      figures.msPerFrame.toFixed(2),
      figures.bytesPerFrame.toLocaleString('en'),
      figures.ssim?.toFixed(4) ?? '–',
      kinds.ffmpeg && kind !== 'ffmpeg' ? (figures.msPerFrame / kinds.ffmpeg.msPerFrame).toFixed(2) : '–',
      kinds.ffmpeg && kind !== 'ffmpeg' ? (figures.bytesPerFrame / kinds.ffmpeg.bytesPerFrame).toFixed(2) : '–',
      kind === 'tuned' ? Math.round(finish[codec].finishMs).toLocaleString('en') : '',
    ]),
  );
  return [
    '# Codecs, measured\n\nWritten by `npm run bench -- codecs finish`; not edited by hand.',
    `${measuredOn({ date, machine, rounds })} ${pictures}`,
    [
      'A movie of 30 s from 100 pictures, cross-faded, measured as whole commands: `steps-animation render` with the tuned',
      'and the original settings, and the `ffmpeg` command with its minterpolate filter and the settings of the first Steps',
      'Animation script (libaom for AV1). `ffmpeg` drops the last frames, hence the figures per frame. SSIM is that of luma,',
      'of each movie against its own frames before encoding. *Ready* is the time from the last picture to the closed movie,',
      'with a picture every 100 ms.',
    ].join('\n'),
    table(
      [
        ...['codec', 'settings', 'frames', 'time (s)', 'ms per frame', 'bytes per frame', 'SSIM'],
        ...['time / `ffmpeg`', 'size / `ffmpeg`', 'ready (ms)'],
      ],
      rows,
    ),
    `With \`--interpolation mci\`, x264 is ready after ${Math.round(finish.mci.finishMs)} ms (30 pictures, one every 100 ms, to 10 s).`,
    '`--encoder-settings original` gives the second row of each codec; `key=value,…` overrides single tuned settings.',
  ];
}

function pageSections(page) {
  return [
    [
      '## The page',
      '',
      `${measuredOn(page)} In a Chromium without a cache, in milliseconds from the navigation, on the service's own`,
      'machine; beside it a page of one line of text, which is what the browser itself takes.',
    ].join('\n'),
    table(
      ['', 'ms'],
      [
        ['first contentful paint', page.first],
        ['largest contentful paint', page.largest],
        ['every option can be used', page.ready],
        ['first contentful paint of one line of text', page.bare],
      ],
    ),
  ];
}

function benchmarkSections(live, record, sampling) {
  return [
    '# Benchmarks\n\nWritten by `npm run bench`; not edited by hand. [codecs.md](codecs.md) compares the codecs with `ffmpeg`.',
    `${measuredOn(live)} ${pictures}`,
    '## A picture every 100 ms\n\n100 pictures of 512×512 to 30 s, x264.',
    table(
      ['', 'measured'],
      [
        ['movie ready after the last picture', `${live.finishMs} ms`],
        ['the sampler waits a step, median', `${live.medianWaitMs} ms`],
        ['the sampler waits a step, longest of all rounds', `${live.longestWaitMs} ms`],
        ['peak memory of recorder and movie process, 100 steps', `${live.peakMiB.steps100} MiB`],
        ['the same, 1,000 steps', `${live.peakMiB.steps1000} MiB`],
      ],
    ),
    '## Large pictures through `record`\n\nRaw pictures of 1024×1024 as fast as they are taken, to 10 s; memory of all processes together.',
    table(
      ['', ...Object.keys(record.many)],
      [
        ['1,000 steps of one image', ...Object.values(record.many)],
        ['30 steps of a batch of eight', ...Object.values(record.batch)],
      ],
    ),
    [
      '## Sampling with a movie and without',
      '',
      '30 steps of the embedded model and a movie of 6 s: from the first step to the finished image, and from the request',
      'to the last file, the model being loaded. *off* makes the image alone, the others are kinds of `--preview`. The',
      'whole differs by what a movie costs at least (its process, the trial of the codec, encoding), beside a run that',
      'takes half a second.',
    ].join('\n'),
    table(
      ['', 'to the image (s)', 'ratio', 'to the last file (s)', 'ratio'],
      Object.entries(sampling.ways).map(([way, { image, imageRatio, whole, wholeRatio }]) => [
        ...[way, image, imageRatio, whole, wholeRatio],
      ]),
    ),
  ];
}

function embeddedSections({ loadSeconds, stepMs, runSeconds, peerLoadSeconds, peerRunSeconds, ...where }) {
  return [
    '## The embedded model',
    [
      `${measuredOn(where)} 20 steps of Euler a with CFG at 128×128 in a process of their own, beside the same networks in`,
      "Python's onnxruntime (models/emoji/train/sample.py).",
    ].join('\n'),
    table(
      ['', 'Steps Animation', 'in Python'],
      [
        ['loading (s)', loadSeconds, peerLoadSeconds ?? '–'],
        ['a step (ms)', stepMs, peerRunSeconds === null ? '–' : Math.round((peerRunSeconds / 20) * 1000)],
        ['20 steps, from text to picture (s)', runSeconds, peerRunSeconds ?? '–'],
      ],
    ),
  ];
}

function engineSections({ date, machine, rounds, side, steps, threads, ours, torch, onnx }) {
  return [
    '## The embedded engine beside diffusers',
    [
      `${measuredOn({ date, machine, rounds })} One image of ${side}×${side}, ${steps} steps of DDIM with CFG, ${threads} threads, all`,
      'loaded, from text to picture; a model of the kind of Stable Diffusion 1.5 with a fifth of its channels and random',
      'weights (bench/diffusers-peer.py).',
    ].join('\n'),
    table(
      ['', 'seconds', 'ours / theirs'],
      [
        ['Steps Animation', ours, ''],
        ['diffusers with PyTorch', torch, (ours / torch).toFixed(2)],
        ['diffusers with onnxruntime', onnx, (ours / onnx).toFixed(2)],
      ],
    ),
    [
      "Our threads spin for 50 µs while they wait, and then sleep; onnxruntime's own setting is to spin on, which is a",
      'little faster on an idle machine and slower where another program uses one of the cores.',
    ].join('\n'),
  ];
}

function serviceSections({ date, machine, rounds, ...service }) {
  return [
    '## The service with 200 clients',
    [
      `${measuredOn({ date, machine, rounds })} 300 steps of the embedded model, from the first to the last, alone and while 100`,
      "clients ask for the web UIs' progress twice a second, half of them with the picture, and 100 listen to events; they",
      'run on the same machine, at the lowest priority. Then a page of 48 of a library of 1,000 animations.',
    ].join('\n'),
    table(
      ['', 'measured'],
      [
        ['sampling alone', `${service.aloneSeconds} s`],
        ['sampling with the clients', `${service.togetherSeconds} s`],
        ['ratio', service.ratio],
        ['answers to those who asked', `${service.polls}, of them ${service.errors} errors`],
        ['longest answer', `${service.longestMs} ms`],
        ['listeners that heard the end of the job', service.ended],
        ['a page of the library', `${service.gridMs} ms`],
      ],
    ),
  ];
}

function queueSections({ date, machine, rounds, rows, ratio }) {
  return [
    '## The queue',
    [
      `${measuredOn({ date, machine, rounds: 3 * rounds })} From the start of a job to that of the next, with jobs that make nothing, and`,
      `a move into the middle. With 10,000 queued a job costs ${ratio} times what it costs with 100.`,
    ].join('\n'),
    table(
      ['queued', 'start and end (ms)', 'move (ms)'],
      rows.map(({ queued, startAndEndMs, moveMs }) => [queued, startAndEndMs, moveMs]),
    ),
  ];
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
