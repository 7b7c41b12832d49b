import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the figures of a run as docs/benchmarks.md. */
export function writeReport({ date, machine, rounds, render, live, sampling }) {
  const cores = `${machine.cores} cores of ${machine.model}, Node ${machine.node}`;
  const sections = [
    '# Benchmarks\n\nWritten by `npm run bench`; not edited by hand.',
    `${date.slice(0, 10)}, ${cores}; medians of ${rounds} interleaved rounds. The pictures are steps of our own engine, enlarged to 512×512.`,
    '## A movie of 100 pictures\n\n30 s, blend, libx264 medium crf 23: `steps-animation render`, and the `ffmpeg` command with its minterpolate filter.',
    table(
      ['', 'frames', 'movie (s)', 'wall time (s)', 'a frame (ms)'],
      [row('steps-animation', render.ours), ...(render.ffmpeg ? [row('ffmpeg', render.ffmpeg)] : [])],
    ),
    ...(render.ffmpeg
      ? [`Ours takes ${render.ratioOfWallTime} of the wall time, ${render.ratioPerFrame} a frame.`]
      : []),
    '## The same pictures, one every 100 ms',
    table(
      ['', 'measured'],
      [
        ['movie ready after the last picture', `${live.finishMs} ms`],
        ...(live.finishOfFfmpegTime ? [['the same, of ffmpeg’s wall time', live.finishOfFfmpegTime]] : []),
        ['the sampler waits a step, median', `${live.medianWaitMs} ms`],
        ['the sampler waits a step, longest of all rounds', `${live.longestWaitMs} ms`],
        ['peak memory of recorder and movie process, 100 steps', `${live.peakMiB.steps100} MiB`],
        ['the same, 1,000 steps', `${live.peakMiB.steps1000} MiB`],
      ],
    ),
    '## Sampling with a movie and without\n\n30 steps of the embedded model, first step to finished image.',
    table(
      ['with (s)', 'without (s)', 'ratio'],
      [[sampling.withMovieSeconds, sampling.withoutMovieSeconds, sampling.ratio]],
    ),
  ];
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'benchmarks.md'), `${sections.join('\n\n')}\n`);
}

function row(name, { frames, duration, medianSeconds, millisecondsPerFrame }) {
  return [name, frames, duration, medianSeconds, millisecondsPerFrame];
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
