import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { animate } from '#src/app/animate.js';
import { samplers } from '#src/diffusion/samplers/index.js';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import { probeMovie } from '#src/movie/probe.js';
import type { AnimationOptionsInput } from '#src/options/option-types.js';
import type { Picture } from '#src/pictures/picture.js';
import { parseManifest } from '#src/recording/manifest.js';
import { decodeMovie } from '../../helpers/movies.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { pictureDifference, tinyRequest } from '../generate.js';

const host = createEmbeddedHost();
afterAll(() => host[Symbol.asyncDispose]());

describe.each(samplers.map(({ name }) => name))('with %s', (sampler) => {
  it('every step has a picture of its own, and the movie has its duration and ends on the image', async () => {
    // APNG keeps every pixel.
    const run = await animated({ sampler, steps: 6 }, { duration: 1, fps: 10, codec: 'apng' });
    expect(run.steps).toBeGreaterThan(1);
    expect(run.stepPictures).toHaveLength(run.steps);
    expect(new Set(run.stepPictures.map(hashOf)).size).toBe(run.steps);
    expect(run.facts).toMatchObject({ frames: 10, fps: 10, duration: 1 });
    const frames = await decodeMovie(run.movie.path);
    expect(frames).toHaveLength(10);
    expect(pictureDifference(frames[0], run.stepPictures[0])).toBe(0);
    expect(pictureDifference(frames.at(-1), run.finished)).toBe(0);
    expect(run.movie).toMatchObject({ steps: run.steps, frames: 10, duration: 1 });
    expect(run.reason).toBe('finished');
  });
});

describe('DPM adaptive', () => {
  it.each([
    ['later', 2],
    ['earlier', 90],
  ])('ends %s than planned, and its movie lasts as long as it should', async (when, steps) => {
    const run = await animated({ sampler: 'DPM adaptive', steps }, { duration: 1.5, fps: 20 });
    if (when === 'later') expect(run.steps).toBeGreaterThan(steps);
    else expect(run.steps).toBeLessThan(steps);
    expect(run.movie.steps).toBe(run.steps);
    expect(run.facts).toMatchObject({ frames: 30, fps: 20, duration: 1.5 });
    expect(await decodeMovie(run.movie.path)).toHaveLength(30);
    expect(run.reason).toBe('finished');
  });

  it('is incomplete when it is stopped, be it after the steps that were planned', async () => {
    const whole = await animated({ sampler: 'DPM adaptive', steps: 2 }, { duration: 1, fps: 10 });
    const run = await animated({ sampler: 'DPM adaptive', steps: 2 }, { duration: 1, fps: 10 }, 4);
    expect(run.reason).toBe('interrupted');
    expect(run.steps).toBeGreaterThanOrEqual(4);
    expect(run.steps).toBeLessThan(whole.steps);
    expect(run.facts).toMatchObject({ frames: 10, duration: 1 });
  });
});

/** Makes an image and its movie with the embedded model; stops after the step `stopAfter`. */
async function animated(
  { sampler, steps }: { readonly sampler: string; readonly steps: number },
  animation: AnimationOptionsInput,
  stopAfter = Number.POSITIVE_INFINITY,
) {
  const outdir = await temporaryFolder();
  const stop = new AbortController();
  let stepCount = 0;
  const [movie] = await animate({
    ...{ host, outdir, signal: stop.signal },
    request: { ...tinyRequest, model: 'emoji', preview: 'full', width: 0, height: 0, sampler, steps },
    animation: { look: 'classic', ...animation, minSize: 0, deleteIntermediate: false },
    onEvent: ({ type }) => {
      if (type === 'step' && ++stepCount === stopAfter) stop.abort();
    },
  });
  if (!movie?.image) throw new Error('no movie, or no image');
  const image = await manifestImage(join(outdir, 'txt2img-images', 'intermediate'));
  return {
    ...{ movie, steps: stepCount, reason: image.reason, stepPictures: await Promise.all(image.paths.map(pictureOf)) },
    ...{ finished: await pictureOf(movie.image), facts: await probeMovie(movie.path) },
  };
}

/** How the only image of the only run of a folder ended, and the files of its steps. */
async function manifestImage(folder: string) {
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const image = parseManifest(await readFile(join(folder, name), 'utf8'))?.images[0];
  if (!image) throw new Error('no manifest');
  return { reason: image.reason, paths: image.steps.map(({ file }) => join(folder, file)) };
}

async function pictureOf(path: string): Promise<Picture> {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

function hashOf({ data }: Picture): string {
  return createHash('sha256').update(data).digest('hex');
}
