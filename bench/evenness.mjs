import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';
import { LivePacer } from '../dist/movie/live-pacing.js';
import { paceByChange } from '../dist/movie/look-ahead.js';
import { createTimeline, frameAt } from '../dist/movie/timeline.js';
import { Development, genericCurve } from '../dist/recording/development.js';
import { median, round } from './statistics.mjs';

const samplers = ['Euler', 'Euler a', 'DPM++ 2M', 'DDIM', 'DPM++ SDE'];
const schedulers = ['Karras', 'Exponential', 'Uniform'];
const prompts = [
  'a red apple',
  'a cat face',
  'a rocket',
  'a smiling face with sunglasses',
  'a green tree',
  'a blue car',
];
const steps = 20;

/**
 * How evenly movies change with each pacing: the largest distance between the share of the change and the share of the
 * frames, over all frames of a movie.
 * @param work folder in which the changes of the runs are kept, as sampling them takes minutes
 */
export async function measureEvenness(work) {
  const file = join(work, 'evenness-runs.json');
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(await sampleRuns()));
  const runs = JSON.parse(readFileSync(file, 'utf8'));
  const result = Object.fromEntries(
    Object.entries({ linear: () => undefined, live: liveTimes, exact: ({ changes }) => paceByChange(changes) }).map(
      ([pacing, timesOf]) => {
        const deviations = runs.map((run) => deviationOf(run.changes, timesOf(run)));
        return [pacing, { median: round(median(deviations), 3), worst: round(Math.max(...deviations), 3) }];
      },
    ),
  );
  console.log(`\nevenness: ${runs.length} runs of ${steps} steps, largest deviation from an even change (0 to 1)`);
  console.table(result);
  return { runs: runs.length, ...result };
}

/** The noise levels and changes of every run. */
async function sampleRuns() {
  const host = createEmbeddedHost();
  const runs = [];
  try {
    for (const sampler of samplers) {
      for (const scheduler of schedulers) {
        for (const prompt of prompts)
          runs.push(await sampleRun(host, { sampler, scheduler, prompt, seed: runs.length }));
      }
    }
  } finally {
    await host[Symbol.asyncDispose]();
  }
  return runs;
}

async function sampleRun(host, request) {
  const sigmas = [];
  const pictures = [];
  for await (const event of host.generate({ ...request, steps })) {
    if (event.type === 'step') {
      sigmas.push(event.sigma);
      pictures.push(event.picture('denoised'));
    }
    if (event.type !== 'image') continue;
    await Promise.all(pictures);
    // The finished image replaces the last step.
    pictures.splice(-1, 1, event.picture);
  }
  const decoded = await Promise.all(pictures);
  return { ...request, sigmas, changes: decoded.slice(1).map((picture, index) => difference(decoded[index], picture)) };
}

function difference(a, b) {
  let sum = 0;
  for (let index = 0; index < a.data.length; index++) sum += Math.abs(a.data[index] - b.data[index]);
  return sum / a.data.length;
}

/** The times that the movie process gives the pictures while they come. */
function liveTimes({ sigmas, changes }) {
  const development = new Development(new Map([[0, { kind: 'base', steps, exact: true }]]), genericCurve);
  const pacer = new LivePacer(development.typicalChange);
  const times = [0, ...changes].flatMap((change, index) => {
    const isLast = index === changes.length;
    return pacer.add(change, isLast ? 1 : development.at({ pass: 0, step: index + 1, sigma: sigmas[index] }));
  });
  return [...times, ...pacer.end()];
}

function deviationOf(changes, times) {
  const passed = paceByChange(changes);
  const settings = { duration: steps / 10, fps: 30, interpolation: 'blend', loop: 'none' };
  const holds = { noiseDuration: 0, firstFrameDuration: 0, lastFrameDuration: 0 };
  const timeline = createTimeline(passed.length, { ...settings, ...holds }, times);
  const deviations = Array.from({ length: timeline.frames }, (_, n) => {
    const { from, to, weight } = frameAt(timeline, n);
    return Math.abs(passed[from] + weight * (passed[to] - passed[from]) - n / (timeline.frames - 1));
  });
  return Math.max(...deviations);
}
