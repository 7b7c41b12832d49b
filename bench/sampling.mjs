import { join } from 'node:path';
import { animate } from '../dist/animate.js';
import { createEmbeddedHost } from '../dist/hosts/embedded.js';
import { median, round } from './statistics.mjs';

/** The time from the first step to the finished image, with a movie being made and without, interleaved. */
export async function measureSampling(work, rounds) {
  const host = createEmbeddedHost();
  const { models } = await host.describe();
  const request = {
    ...{ model: models[0].name, width: models[0].width, height: models[0].height },
    ...{ prompt: 'a rocket', negativePrompt: '', sampler: 'Euler a', scheduler: 'automatic' },
    ...{ steps: 30, cfgScale: 4, seed: 7, batchCount: 1, batchSize: 1 },
  };
  const seconds = { with: [], without: [] };
  for (let index = 0; index <= rounds; index++) {
    const without = await timeSampling(host.generate(request), async () => {});
    let withMovie;
    await animate({
      host: {
        ...hostOf(host),
        generate: (wanted, signal) => timedEvents(host.generate(wanted, signal), (time) => (withMovie = time)),
      },
      ...{ request, animation: { duration: 6 }, outdir: join(work, 'sampling') },
    });
    // The first round warms up.
    if (index > 0) {
      seconds.without.push(without);
      seconds.with.push(withMovie);
    }
  }
  await host[Symbol.asyncDispose]();
  const result = {
    withMovieSeconds: round(median(seconds.with)),
    withoutMovieSeconds: round(median(seconds.without)),
    ofEach: { with: seconds.with.map((value) => round(value)), without: seconds.without.map((value) => round(value)) },
  };
  result.ratio = round(result.withMovieSeconds / result.withoutMovieSeconds);
  console.log(`\nsampling: 30 steps of the embedded model, first step to finished image (medians of ${rounds})`);
  console.table({
    'with a movie (s)': result.withMovieSeconds,
    'without (s)': result.withoutMovieSeconds,
    ratio: result.ratio,
  });
  return result;
}

function hostOf(host) {
  return { name: host.name, describe: (signal) => host.describe(signal) };
}

async function timeSampling(events) {
  let time;
  for await (const _ of timedEvents(events, (seconds) => (time = seconds))) {
    // nothing is decoded
  }
  return time;
}

async function* timedEvents(events, tell) {
  let begun;
  for await (const event of events) {
    if (event.type === 'step') begun ??= performance.now();
    if (event.type === 'image') tell((performance.now() - begun) / 1000);
    yield event;
  }
}
