import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { GenerationRequest } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { correlation } from '../../helpers/correlation.js';
import { generate } from '../generate.js';

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

/** How many colours it has at 32×32. */
async function coloursOf({ width, height, data }: Picture): Promise<number> {
  const small = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(32, 32)
    .raw()
    .toBuffer();
  return new Set(Array.from({ length: 32 * 32 }, (_, i) => small.subarray(3 * i, 3 * i + 3).toString('hex'))).size;
}

describe('img2img from a rough sketch', () => {
  const ground = (colour: string) => `<rect width="${side}" height="${side}" fill="${colour}"/>`;
  const sketches: readonly (readonly [string, string])[] = [
    ['a red apple on a yellow background', `${ground('#fcd956')}<circle cx="64" cy="70" r="42" fill="#d02020"/>`],
    [
      'a small green tree at the left on light blue',
      `${ground('#9ed4f6')}<ellipse cx="35" cy="64" rx="20" ry="28" fill="#2c8a3a"/>`,
    ],
    ['a small orange fox on the right', `${ground('#ffffff')}<circle cx="93" cy="64" r="24" fill="#f08030"/>`],
  ];

  it.each(sketches)('of %s keeps its layout', async (prompt, shapes) => {
    const start = await sketch(shapes);
    const picture = await draw({ prompt, steps: 20, start: { picture: start, denoisingStrength: 0.6 } });
    expect(await correlation(picture, start)).toBeGreaterThan(0.85);
    // It is a drawing now, with more than the sketch's two colours.
    expect(await coloursOf(picture)).toBeGreaterThan(2 * (await coloursOf(start)));
  });
});

describe('ten steps', () => {
  const prompts = ['an owl on teal', 'a red apple', 'a rocket on a dark blue background'];
  const samplers = ['DPM++ 2M', 'DPM++ SDE', 'Euler', 'Euler a', 'Heun', 'DDIM', 'UniPC'];

  it.each(samplers)('of %s with the Karras scheduler leave no blotches', async (sampler) => {
    for (const prompt of prompts) {
      expect(unevenness(await draw({ prompt, sampler, scheduler: 'Karras', steps: 10 })), prompt).toBeLessThan(6);
    }
  });

  it('of PLMS without it do, which shows that they would be seen', async () => {
    for (const prompt of prompts) {
      expect(unevenness(await draw({ prompt, sampler: 'PLMS', steps: 10 })), prompt).toBeGreaterThan(10);
    }
  });
});

/** Standard deviation of the plain background along the upper edge, in levels of 255. */
function unevenness({ data }: Picture): number {
  const levels = [...data.subarray(0, 4 * side * 3)];
  return Math.max(...[0, 1, 2].map((channel) => deviation(levels.filter((_, index) => index % 3 === channel))));
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
