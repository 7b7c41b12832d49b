import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { animate } from '../dist/app/animate.js';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';
import { encodePng } from '../dist/pictures/picture-files.js';
import { median, round } from './statistics.mjs';

/** Ways to take a run; `off` makes the image and its file alone. */
const ways = ['off', 'cheap', 'auto', 'full'];

/**
 * 30 steps of the embedded model with a movie being made, by kind of preview, and without, interleaved: the time from
 * the first step to the finished image, and from the request to the last file.
 */
export async function measureSampling(work, rounds) {
  const host = createEmbeddedHost();
  const { models } = await host.describe();
  const request = {
    ...{ model: models[0].name, prompt: 'a rocket', sampler: 'Euler a', steps: 30, seed: 7 },
  };
  const seconds = Object.fromEntries(ways.map((way) => [way, { image: [], whole: [] }]));
  for (let index = 0; index <= rounds; index++) {
    for (const way of index % 2 ? [...ways].reverse() : ways) {
      const times = await timeRun(host, request, way, join(work, 'sampling'));
      // The first round warms up.
      if (index === 0) continue;
      seconds[way].image.push(times.image);
      seconds[way].whole.push(times.whole);
    }
  }
  await host[Symbol.asyncDispose]();
  if (process.env.RAW) console.log(JSON.stringify(seconds));
  const result = Object.fromEntries(ways.map((way) => [way, figuresOf(seconds[way], seconds.off)]));
  console.log(`\nsampling: 30 steps of the embedded model with a movie and without (medians of ${rounds}, seconds)`);
  console.table(result);
  return { ways: result };
}

function figuresOf({ image, whole }, off) {
  return {
    image: round(median(image)),
    imageRatio: round(median(image) / median(off.image)),
    whole: round(median(whole)),
    wholeRatio: round(median(whole) / median(off.whole)),
  };
}

async function timeRun(host, request, way, outdir) {
  // What the run before left to end must not take time from this one.
  await setTimeout(500);
  const begun = performance.now();
  let image;
  const timed = (events) => timedEvents(events, (time) => (image = time));
  if (way === 'off') {
    for await (const event of timed(host.generate(request))) {
      if (event.type === 'image')
        await writeFile(join(outdir, '..', 'off.png'), await encodePng(event.picture, event.infotext, 6));
    }
  } else {
    const generate = (wanted, signal) => timed(host.generate({ ...wanted, preview: way }, signal));
    await animate({
      host: { name: host.name, describe: (signal) => host.describe(signal), generate },
      ...{ request, animation: { duration: 6 }, outdir },
    });
  }
  return { image, whole: (performance.now() - begun) / 1000 };
}

async function* timedEvents(events, onImage) {
  let begun;
  for await (const event of events) {
    if (event.type === 'step') begun ??= performance.now();
    if (event.type === 'image') onImage((performance.now() - begun) / 1000);
    yield event;
  }
}
