import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { Picture } from '#dist/animation/picture.js';
import { createEmbeddedHost } from '#dist/hosts/embedded.js';
import type { GenerationRequest } from '#dist/hosts/host.js';
import { generate } from './generate.js';

const side = 128;
const host = createEmbeddedHost();
afterAll(() => host[Symbol.asyncDispose]());

/** One image of the model that comes with the project. */
async function draw(request: Partial<GenerationRequest>): Promise<Picture> {
  const { images } = await generate(host, { model: 'emoji', width: side, height: side, seed: 7, ...request });
  const picture = images[0]?.picture;
  if (!picture) throw new Error('no image');
  return picture;
}

/** A picture file of shapes, as pixels. */
async function sketch(shapes: string): Promise<Picture> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${shapes}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg)).flatten().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Its colours, blurred to so many places a side. */
async function coarse({ width, height, data }: Picture, places: number): Promise<readonly number[]> {
  const raw = { raw: { width, height, channels: 3 as const } };
  return [...(await sharp(data, raw).resize(places, places, { kernel: 'lanczos3' }).raw().toBuffer())];
}

/** Pearson's, -1 to 1. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const around = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const product = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  const [x, y] = [around(a), around(b)];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

describe('img2img from a rough sketch', () => {
  const ground = (colour: string) => `<rect width="${side}" height="${side}" fill="${colour}"/>`;
  const sketches: readonly (readonly [string, string])[] = [
    ['a red apple on a yellow background', `${ground('#fcd956')}<circle cx="64" cy="70" r="42" fill="#d02020"/>`],
    ['a small green tree at the left on light blue', `${ground('#9ed4f6')}<ellipse cx="35" cy="64" rx="20" ry="28" fill="#2c8a3a"/>`],
    ['a small orange fox on the right', `${ground('#ffffff')}<circle cx="93" cy="64" r="24" fill="#f08030"/>`],
  ];

  it.each(sketches)('of %s keeps its layout', async (prompt, shapes) => {
    const start = await sketch(shapes);
    const picture = await draw({ prompt, steps: 20, start: { picture: start, denoisingStrength: 0.6 } });
    const mirrored = await sharp(start.data, { raw: { width: side, height: side, channels: 3 } }).rotate(90).raw().toBuffer();
    const [drawn, own] = await Promise.all([coarse(picture, 8), coarse(start, 8)]);
    expect(correlation(drawn, own)).toBeGreaterThan(0.85);
    expect(correlation(drawn, await coarse({ ...start, data: mirrored }, 8))).toBeLessThan(correlation(drawn, own) + 1e-9);
    // It is a drawing now, with more than the sketch's two colours.
    expect(new Set(await coarse(picture, 32)).size).toBeGreaterThan(new Set(await coarse(start, 32)).size);
  });
});

describe('ten steps', () => {
  const runs = ['DPM++ 2M', 'DPM++ SDE', 'Euler', 'Euler a', 'Heun', 'DDIM', 'UniPC'].flatMap((sampler) =>
    ['an owl on teal', 'a red apple', 'a rocket on a dark blue background'].map((prompt) => [sampler, prompt] as const),
  );

  it.each(runs)('of %s with the Karras scheduler draw %s without blotches', async (sampler, prompt) => {
    const picture = await draw({ prompt, sampler, scheduler: 'Karras', steps: 10 });
    const [few, many] = await Promise.all([
      coarse(picture, 32),
      draw({ prompt, sampler, scheduler: 'Karras', steps: 40 }).then((other) => coarse(other, 32)),
    ]);
    console.log(sampler, prompt, correlation(few, many), border(picture));
    expect(border(picture)).toBeLessThan(6);
  });
});

/** How much the plain background at the edge of a picture differs from its mean, in levels of 255. */
function border({ data }: Picture): number {
  const rows = [...Array(4).keys()];
  const levels = rows.flatMap((y) => Array.from({ length: side }, (_, x) => [0, 1, 2].map((c) => data[(y * side + x) * 3 + c] ?? 0)));
  const means = [0, 1, 2].map((c) => levels.reduce((sum, level) => sum + (level[c] ?? 0), 0) / levels.length);
  return Math.max(...levels.flatMap((level) => level.map((value, c) => Math.abs(value - (means[c] ?? 0)))));
}
