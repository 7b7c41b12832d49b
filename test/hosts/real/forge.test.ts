import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodePicture, readPicture } from '#src/pictures/picture-files.js';
import { correlation } from '../../helpers/correlation.js';
import { decodeMovie, ssim } from '../../helpers/movies.js';
import { ForgeProcess, readManifest } from './forge-process.js';

const folder = process.env.STEPS_ANIMATION_FORGE;
if (!folder) console.warn('STEPS_ANIMATION_FORGE names no checkout of Forge: the extension is not tested in it.');

/** The original's arguments: a movie of one second, and the intermediate images are kept. */
const kept = [true, 'x264', 'blend', '1', 0, 0, false, true, false, true, null, null];
const progressSchema = z.object({ state: z.object({ sampling_step: z.number() }) });

describe.skipIf(!folder)('in Forge', { timeout: 300_000 }, () => {
  let forge: ForgeProcess;
  let samples: string;

  beforeAll(async () => {
    forge = await ForgeProcess.start(folder ?? '', await mkdtemp(join(tmpdir(), 'steps-animation-test-')));
    samples = join(forge.data, 'outputs', 'txt2img-images');
  }, 600_000);
  afterAll(async () => {
    await forge?.[Symbol.asyncDispose]();
    if (forge) await rm(forge.data, { recursive: true });
  });
  afterEach(() => rm(join(forge.data, 'outputs'), { recursive: true, force: true }));

  /** The only run of which steps were kept, with the numbers of each image's steps. */
  async function run(below = samples) {
    const names = await readdir(join(below, 'intermediate'));
    const [manifest] = names.filter((name) => name.endsWith('.json'));
    const { images } = await readManifest(join(below, 'intermediate', manifest ?? ''));
    return images.map((image) => ({ ...image, numbers: image.steps.map(({ step }) => step) }));
  }

  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it.each([
    ['Euler a', 6],
    ['Heun', 6],
    ['DPM++ SDE', 6],
    ['DDIM', 6],
    ['UniPC', 7],
    ['DPM adaptive', undefined],
  ])('sees every step of %s once and in order, and changes nothing', async (sampler_name, steps) => {
    const alone = await forge.generate('txt2img', { sampler_name });
    const animated = await forge.generate('txt2img', { sampler_name }, kept);
    expect(animated.trouble).toBeUndefined();
    expect(animated.images).toEqual(alone.images);
    const [image] = await run();
    expect(image?.numbers).toEqual(upTo(steps ?? image?.numbers.length ?? 0));
    expect(image?.numbers.length).toBeGreaterThan(3);
    const [movie = ''] = animated.movies;
    expect(dirname(movie)).toBe(join(samples, 'animation'));
    const frames = await decodeMovie(movie);
    const finished = await decodePicture(Buffer.from(animated.images[0] ?? '', 'base64'));
    expect([frames.length, ssim(frames.at(-1) ?? finished, finished) > 0.9]).toEqual([30, true]);
  });

  it('shows the image as it comes about, not its noise', async () => {
    const { images } = await forge.generate('txt2img', { sampler_name: 'Euler', steps: 20 }, kept);
    const finished = await decodePicture(Buffer.from(images[0] ?? '', 'base64'));
    const [image] = await run();
    expect(image?.steps).toHaveLength(20);
    const files = image?.steps.map(({ file }) => join(samples, 'intermediate', file)) ?? [];
    const likeness = await Promise.all(files.map((file) => correlation(file, finished)));
    expect(Math.min(...likeness.slice(10))).toBeGreaterThan(0.9);
  });

  it('distinguishes both passes of a hires run', async () => {
    const hires = {
      enable_hr: true,
      hr_scale: 2,
      hr_upscaler: 'Latent',
      hr_second_pass_steps: 3,
      hr_additional_modules: ['Use same choices'],
      hr_cfg: 4,
      denoising_strength: 0.7,
    };
    const alone = await forge.generate('txt2img', hires);
    const animated = await forge.generate('txt2img', hires, kept);
    expect(animated.images).toEqual(alone.images);
    const [image] = await run();
    expect(image?.numbers).toEqual(upTo(9));
    expect(image?.steps.map(({ pass }) => pass)).toEqual([...Array(6).fill('base'), ...Array(3).fill('hires')]);
    expect(await decodeMovie(animated.movies[0] ?? '')).toContainEqual(expect.objectContaining({ width: 128 }));
  });

  it('keeps the images of several batches apart', async () => {
    const request = { n_iter: 2, batch_size: 2 };
    const alone = await forge.generate('txt2img', request);
    const animated = await forge.generate('txt2img', request, kept);
    expect(animated.images).toEqual(alone.images);
    expect(animated.movies).toHaveLength(4);
    const images = await run();
    expect(images.map(({ seed, numbers }) => [seed, numbers])).toEqual([42, 43, 44, 45].map((seed) => [seed, upTo(6)]));
  });

  it('makes a movie of the steps so far when it is interrupted', async () => {
    const generating = forge.generate('txt2img', { steps: 100 }, kept);
    for (let step = 0; step < 4; await wait(20)) {
      step = progressSchema.parse(await forge.get('/sdapi/v1/progress?skip_current_image=true')).state.sampling_step;
    }
    await forge.post('/sdapi/v1/interrupt', {});
    const { movies } = await generating;
    const [image] = await run();
    expect(image?.reason).toBe('interrupted');
    expect(image?.numbers).toEqual(upTo(image?.numbers.length ?? 0));
    expect(image?.numbers.length).toBeLessThan(100);
    expect(await decodeMovie(movies[0] ?? '')).toHaveLength(30);
  });

  it('shows inpainted parts in the whole picture', async () => {
    const start = sharp({ create: { width: 128, height: 128, channels: 3, background: '#1e90ff' } });
    const hole = { create: { width: 32, height: 32, channels: 3, background: '#fff' } } as const;
    const black = sharp({ create: { width: 128, height: 128, channels: 3, background: '#000' } });
    const mask = black.composite([{ input: await sharp(hole).png().toBuffer(), left: 80, top: 80 }]);
    const [init, drawn] = await Promise.all(
      [start, mask].map(async (one) => (await one.png().toBuffer()).toString('base64')),
    );
    const request = { init_images: [init], mask: drawn, inpaint_full_res: true, denoising_strength: 0.9, mask_blur: 0 };
    const { trouble, movies } = await forge.generate('img2img', request, [{ tmp_delete: false, duration: 1 }]);
    expect([trouble, movies.length]).toEqual([undefined, 1]);
    const [image] = await run(join(forge.data, 'outputs', 'img2img-images'));
    for (const { file } of image?.steps ?? []) {
      const picture = await readPicture(join(forge.data, 'outputs', 'img2img-images', 'intermediate', file));
      expect([picture.width, ...picture.data.subarray(0, 3)]).toEqual([128, 0x1e, 0x90, 0xff]);
      const middle = (96 * 128 + 96) * 3;
      expect([...picture.data.subarray(middle, middle + 3)]).not.toEqual([0x1e, 0x90, 0xff]);
    }
  });

  it.each([
    ['during', 1],
    ['on demand', 0],
  ])('decodes %s', async (decode, movies) => {
    const animated = await forge.generate('txt2img', {}, [{ decode, duration: 1, codec: 'aom-av1' }]);
    expect([animated.trouble, animated.movies.length]).toEqual([undefined, movies]);
  });

  it('refuses what is no option, and makes the image', async () => {
    const { images, movies, trouble } = await forge.generate('txt2img', {}, [{ duratoin: 5 }]);
    expect([images.length, movies.length, trouble]).toEqual([1, 0, 'there is no option "duratoin"']);
  });
});
