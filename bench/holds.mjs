import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEmbeddedHost } from '../dist/hosts/embedded/host.js';
import { writeMovie } from '../dist/movie/movie-file.js';
import { animationOptionsSchema } from '../dist/options/animation-options.js';
import { codecs } from '../dist/options/codecs.js';

/**
 * How well the last frame shows the finished image, after a hold of one second: coded like all other frames (as it is with
 * the original settings, changed to the tuned ones), and as holds are. RGB SSIM against the picture, by `ffmpeg`, which
 * repeats chroma samples (`nearest`) or interpolates them (`bicubic`); players do one or the other.
 */
export async function measureHolds(work) {
  if (spawnSync('ffmpeg', ['-version']).status !== 0) return console.log('There is no ffmpeg command: no SSIM.');
  const movies = await makeMovies(work);
  const results = {};
  for (const [name, movie] of Object.entries(movies)) {
    results[name] = {};
    for (const codec of ['x264', 'x265', 'vpx-vp9', 'svt-av1']) {
      const tuned = Object.entries(codecs[codec].tuned).map((pair) => pair.join('='));
      const before = await measure(work, movie, codec, ['original', ...tuned].join(','));
      const after = await measure(work, movie, codec, 'tuned');
      results[name][codec] = { before, after, size: Math.round((1000 * after.bytes) / before.bytes) / 1000 };
    }
    console.log(name);
    console.table(results[name]);
  }
  return { movies: results };
}

/** The demo's apple at 128×128, and sixteen apples side by side at 512×512. */
async function makeMovies(work) {
  const host = createEmbeddedHost();
  const apple = await stepsOf(host, [42]);
  const sixteen = await stepsOf(
    host,
    Array.from({ length: 16 }, (_, index) => 100 + index),
  );
  await host[Symbol.asyncDispose]();
  const folder = join(work, 'holds');
  mkdirSync(folder, { recursive: true });
  const tiles = await Promise.all(apple[0].map((_, step) => tile(sixteen.map((steps) => steps[step]))));
  return {
    'the apple of the demo, 128×128, 6 s': { pictures: apple[0], side: 128, duration: 6 },
    'sixteen apples, 512×512, 10 s': { pictures: tiles, side: 512, duration: 10 },
  };
}

async function stepsOf(host, seeds) {
  const images = [];
  for (const seed of seeds) {
    const steps = [];
    const request = { prompt: 'a red apple', steps: 30, seed };
    for await (const event of host.generate(request)) {
      if (event.type === 'step') steps.push(await event.picture('denoised'));
      if (event.type === 'image') steps[steps.length - 1] = event.picture;
    }
    images.push(steps);
  }
  return images;
}

async function tile(pictures) {
  const inputs = pictures.map(({ data, width, height }, index) => ({
    input: Buffer.from(data),
    raw: { width, height, channels: 3 },
    left: (index % 4) * width,
    top: Math.floor(index / 4) * height,
  }));
  const background = { width: 512, height: 512, channels: 3, background: '#000' };
  const data = await sharp({ create: background }).composite(inputs).removeAlpha().raw().toBuffer();
  return { width: 512, height: 512, data };
}

async function measure(work, { pictures, side, duration }, codec, encoderSettings) {
  const path = join(work, `hold.${codecs[codec].extension}`);
  rmSync(path, { force: true });
  const options = animationOptionsSchema.parse({ codec, duration, encoderSettings, lastFrameDuration: 1 });
  const sources = pictures.map((picture) => ({ type: 'picture', picture }));
  const movie = { ...options, width: side, height: side, sources: sources.length, tags: {}, sideBySide: 1 };
  const { bytes, frames } = await writeMovie({ folder: work, stem: 'hold' }, movie, sources);
  const png = join(work, 'finished.png');
  const { data, width, height } = pictures.at(-1);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(png);
  const last = `select=eq(n\\,${frames - 1}),setpts=0`;
  const compare = (conversion) => ssim(path, png, `${last},${conversion},format=gbrp`);
  const bicubic = 'scale=in_color_matrix=bt709:in_range=tv';
  return { bytes, nearest: compare('format=rgb24'), bicubic: compare(bicubic) };
}

/** Mean SSIM of red, green and blue. */
function ssim(movie, png, frame) {
  const graph = `[0:v]${frame}[a];[1:v]setpts=0,format=gbrp[b];[a][b]ssim`;
  const parameters = ['-i', movie, '-i', png, '-lavfi', graph, '-vsync', '0', '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', parameters, { encoding: 'utf8' });
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]);
}
