import { fork } from 'node:child_process';
import { join } from 'node:path';
import { codecs } from '../dist/options/codecs.js';
import { median, round } from './statistics.mjs';

/** Pictures that arrive one every 100 ms; then memory for many steps beside few. */
export async function measureLive(work, pictures, rounds) {
  const runs = [];
  for (let index = 0; index < rounds; index++) runs.push(await record(work, pictures, { steps: 100, gap: 100 }));
  const many = await record(work, pictures, { steps: 1000, gap: 30 });
  const few = await record(work, pictures, { steps: 100, gap: 30 });
  const result = {
    finishMs: round(median(runs.map(({ finishMs }) => finishMs)), 1),
    finishMsOfEach: runs.map(({ finishMs }) => round(finishMs, 1)),
    medianWaitMs: round(median(runs.map(({ medianWaitMs }) => medianWaitMs))),
    longestWaitMs: round(Math.max(...runs.map(({ longestWaitMs }) => longestWaitMs))),
    peakMiB: { steps100: few.peakMiB, steps1000: many.peakMiB, ratio: round(many.peakMiB / few.peakMiB) },
  };
  console.log(`\nlive: 100 pictures of 512×512, one every 100 ms, to 30 s (medians of ${rounds})`);
  console.table({
    'movie ready after the last picture (ms)': result.finishMs,
    'the sampler waits a step, median (ms)': result.medianWaitMs,
    'the sampler waits a step, longest (ms)': result.longestWaitMs,
    'peak memory, 100 steps every 30 ms (MiB)': few.peakMiB,
    'peak memory, 1,000 steps every 30 ms (MiB)': many.peakMiB,
  });
  return result;
}

/** The time from the last picture to the finished movie, for each codec; a picture comes every 100 ms. */
export async function measureFinish(work, pictures, rounds) {
  const result = {};
  for (const codec of Object.keys(codecs)) {
    const values = [];
    // Codecs that take much longer than any noise are measured once.
    for (let index = 0; index < rounds && !(values[0] > 3000); index++) {
      const { finishMs } = await record(work, pictures, { steps: 100, gap: 100, animation: { codec } });
      values.push(round(finishMs, 1));
    }
    result[codec] = { finishMs: round(median(values), 1), finishMsOfEach: values };
  }
  const animation = { duration: 10, interpolation: 'mci' };
  const { finishMs } = await record(work, pictures, { steps: 30, gap: 100, animation });
  result.mci = { finishMs: round(finishMs, 1), finishMsOfEach: [round(finishMs, 1)] };
  console.log('\nfinish: 100 pictures of 512×512, one every 100 ms, to 30 s; mci: 30 pictures to 10 s');
  console.table(result);
  return result;
}

function record(work, { raw, count, size }, { steps, gap, animation = {} }) {
  const settings = { folder: join(work, 'live'), raw, pictures: count, size, steps, gap, animation };
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'pretended-sampler.mjs'), [JSON.stringify(settings)]);
    child.once('message', resolve);
    child.once('exit', (code) => code !== 0 && reject(new Error(`the pretended sampler ended with ${code}`)));
  });
}
