import { afterAll, describe, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { GenerationRequest } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { pathOf } from '../../diffusion/pipelines/golden.js';
import { emerging, plain } from '../../helpers/pictures.js';
import { generate, pictureDifference } from '../generate.js';

const host = createEmbeddedHost({ modelsFolder: pathOf('') });
afterAll(() => host[Symbol.asyncDispose]());

const size = { width: 64, height: 64 };
const start = { picture: emerging(64, 64, 1) };
const base = { ...{ model: 'sd15', prompt: 'a red fox', sampler: 'Euler', steps: 10, seed: 5 }, ...size };

const run = async (request: Partial<GenerationRequest>) =>
  await generate(host, { ...base, ...request }, { content: 'denoised' });

/** The mean difference of two pictures in a range of columns, 0 to 255. */
function meanDifference(a: Picture | undefined, b: Picture, from = 0, to = b.width): number {
  let sum = 0;
  for (let y = 0; y < b.height; y++) {
    for (let at = (y * b.width + from) * 3; at < (y * b.width + to) * 3; at++) {
      sum += Math.abs((a?.data[at] ?? 0) - (b.data[at] ?? 0));
    }
  }
  return sum / ((to - from) * b.height * 3);
}

describe('img2img', () => {
  it.each([
    [1, 10],
    [0.75, 8],
    [0.5, 6],
    [0.05, 1],
  ])('with a denoising strength of %d takes %i of 10 steps, as web UIs do', async (denoisingStrength, steps) => {
    const { events, pictures } = await run({ start: { ...start, denoisingStrength } });
    expect(events[0]).toMatchObject({ passes: [{ kind: 'base', steps, exact: true }] });
    expect(pictures).toHaveLength(steps);
  });

  it('changes the more the stronger it is', async () => {
    // What the networks, whose weights are random, make of the picture on the way to a latent and back.
    const unchanged = await run({ start: { ...start, denoisingStrength: 0 } });
    const [little, much] = await Promise.all(
      [0.1, 0.9].map(async (denoisingStrength) => {
        const { images } = await run({ start: { ...start, denoisingStrength } });
        return meanDifference(images[0]?.picture, unchanged.pictures[0] ?? start.picture);
      }),
    );
    expect(little).toBeLessThan(much ?? 0);
  });

  it('has its strength in the infotext', async () => {
    const { images } = await run({ start: { ...start, denoisingStrength: 0.4 } });
    expect(images[0]?.infotext).toContain('Denoising strength: 0.4');
  });

  it('shows the starting picture first where that is wished', async () => {
    const { events, pictures } = await run({ start: { ...start, denoisingStrength: 0.5, startFrame: true } });
    expect(events[0]).toMatchObject({ passes: [{ steps: 1 }, { steps: 6 }] });
    expect(pictures).toHaveLength(7);
    expect(pictureDifference(pictures[0], start.picture)).toBe(0);
  });

  it('leaves as it is what the mask does not show', async () => {
    const mask = plain(64, 64, 0, 0, 0);
    for (let y = 0; y < 64; y++) mask.data.fill(255, (y * 64 + 32) * 3, (y * 64 + 64) * 3);
    const { images } = await run({ start: { ...start, mask, denoisingStrength: 0.9, maskBlur: 0 } });
    const picture = images[0]?.picture;
    expect(meanDifference(picture, start.picture, 0, 32)).toBe(0);
    expect(meanDifference(picture, start.picture, 32, 64)).toBeGreaterThan(5);
  });

  it.each(['crop', 'stretch', 'fill'] as const)('fits a picture of another shape: %s', async (resizeMode) => {
    // Red at the left, green in the middle, blue at the right.
    const wide = plain(192, 64, 0, 0, 0);
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 192; x++) wide.data[(y * 192 + x) * 3 + Math.floor(x / 64)] = 255;
    }
    const { pictures } = await run({
      start: { picture: wide, resizeMode, startFrame: true, denoisingStrength: 0.05 },
    });
    const colourAt = (x: number, y: number) => [
      ...(pictures[0]?.data.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3) ?? []),
    ];
    const isLike = (x: number, y: number, colour: number) => expect(colourAt(x, y)[colour]).toBeGreaterThan(200);
    isLike(32, 32, 1);
    if (resizeMode === 'crop') isLike(3, 32, 1);
    else isLike(3, 32, 0);
    // Filled up with what is at the edge.
    if (resizeMode === 'fill') isLike(3, 2, 0);
  });

  it('refuses a mask of another size, a hires pass, and a strength that cannot be', async () => {
    const mask = plain(32, 64, 255, 255, 255);
    await expect(run({ start: { ...start, mask } })).rejects.toThrow(/mask has 32x64.*picture 64x64/u);
    await expect(run({ start, hiresScale: 2 })).rejects.toThrow(/hires scale at 1/u);
    await expect(run({ start: { ...start, denoisingStrength: 1.5 } })).rejects.toThrow(
      /denoisingStrength must be a number from 0 to 1, not 1\.5/u,
    );
  });
});

describe('a hires pass', () => {
  it.each(['Latent', 'Lanczos'] as const)('has steps and a size of its own, enlarged by %s', async (hiresUpscaler) => {
    const { events, pictures, images } = await run({
      ...{ hiresScale: 1.5, hiresUpscaler, hiresSteps: 4, hiresDenoisingStrength: 1, steps: 5 },
    });
    expect(events[0]).toMatchObject({
      passes: [
        { kind: 'base', ...size, steps: 5 },
        { kind: 'hires', width: 96, height: 96, steps: 4 },
      ],
    });
    expect(pictures.map(({ width }) => width)).toEqual([64, 64, 64, 64, 64, 96, 96, 96, 96]);
    expect(images[0]?.picture).toMatchObject({ width: 96, height: 96 });
    expect(pictureDifference(images[0]?.picture, pictures.at(-1))).toBeLessThanOrEqual(1);
  });

  it('takes as many steps as the first pass where nothing else is said, of which its strength leaves some', async () => {
    const { events } = await run({ hiresScale: 2, hiresDenoisingStrength: 0.5, steps: 6 });
    expect(events[0]).toMatchObject({ passes: [{ steps: 6 }, { kind: 'hires', steps: 6 }] });
  });
});
