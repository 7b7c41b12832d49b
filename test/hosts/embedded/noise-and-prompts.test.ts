import { afterAll, describe, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { GenerationRequest } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { pathOf } from '../../diffusion/pipelines/golden.js';
import { generate, pictureDifference } from '../generate.js';

const host = createEmbeddedHost({ modelsFolder: pathOf('') });
afterAll(() => host[Symbol.asyncDispose]());

const base = {
  ...{ model: 'sd15', prompt: 'a red fox', sampler: 'Euler', steps: 6, seed: 5, width: 64, height: 64 },
};
const run = async (request: Partial<GenerationRequest>) =>
  await generate(host, { ...base, ...request }, { content: 'denoised' });
const imageOf = async (request: Partial<GenerationRequest>): Promise<Picture | undefined> =>
  (await run(request)).images[0]?.picture;

describe('seeds', () => {
  it('of a batch are those of single images, one after another', async () => {
    const { images, events } = await run({ batchSize: 2, batchCount: 2, sampler: 'Euler a' });
    expect(events[0]).toMatchObject({ images: [5, 6, 7, 8].map((seed) => ({ seed })) });
    for (const [index, image] of images.entries()) {
      const single = await imageOf({ seed: 5 + index, sampler: 'Euler a' });
      expect(pictureDifference(image.picture, single)).toBeLessThanOrEqual(2);
    }
  });

  it('that are random differ, and stand in the infotext', async () => {
    const runs = [await run({ seed: -1 }), await run({ seed: -1 })];
    const [first, second] = runs.map(({ images }) => images[0]);
    expect(pictureDifference(first?.picture, second?.picture)).toBeGreaterThan(10);
    const seed = Number(first?.infotext.match(/Seed: (\d+)/u)?.[1]);
    expect(pictureDifference(first?.picture, await imageOf({ seed }))).toBe(0);
  });

  it('mean other noise for the CPU than for the GPU', async () => {
    expect(pictureDifference(await imageOf({ rng: 'cpu' }), await imageOf({ rng: 'gpu' }))).toBeGreaterThan(10);
  });

  it('are varied as strongly as wished: not at all, to another seed, or in between', async () => {
    const own = await imageOf({});
    const other = await imageOf({ seed: 99 });
    const varied = async (variationStrength: number) => await imageOf({ variationSeed: 99, variationStrength });
    expect(pictureDifference(await varied(0), own)).toBe(0);
    expect(pictureDifference(await varied(1), other)).toBeLessThanOrEqual(1);
    const between = await varied(0.3);
    expect(pictureDifference(between, own)).toBeGreaterThan(5);
    expect(pictureDifference(between, other)).toBeGreaterThan(5);
  });

  it('of SDE samplers give the same image, whatever is shown of the steps', async () => {
    const full = await run({ sampler: 'DPM++ 2M SDE', preview: 'full' });
    const cheap = await run({ sampler: 'DPM++ 2M SDE', preview: 'cheap' });
    expect(pictureDifference(full.images[0]?.picture, cheap.images[0]?.picture)).toBe(0);
    expect(pictureDifference(full.pictures[2], cheap.pictures[2])).toBeGreaterThan(0);
    expect(pictureDifference(full.pictures.at(-1), full.images[0]?.picture)).toBeLessThanOrEqual(1);
  });
});

describe('prompts', () => {
  // Web UIs count the steps from 0 when they look up the prompt, so that what changes at 3 changes after four steps.
  it.each([
    ['an edit at step 3', '[a red fox:a blue owl:3]', 4],
    ['an edit after half the steps', '[a red fox:a blue owl:0.5]', 4],
    ['what is added at step 2', 'a red fox[ and a blue owl:2]', 3],
    ['what is taken away at step 1', 'a red fox[, a blue owl::1]', 2],
  ])('change the steps after the one they name, and none before: %s', async (_, prompt, unchanged) => {
    const before = prompt.includes('::') ? 'a red fox, a blue owl' : 'a red fox';
    const plain = (await run({ prompt: before })).pictures;
    const edited = (await run({ prompt })).pictures;
    const differences = edited.map((picture, i) => pictureDifference(picture, plain[i]));
    expect(Math.max(...differences.slice(0, unchanged))).toBe(0);
    expect(Math.max(...differences.slice(unchanged))).toBeGreaterThan(0);
  });

  it('take turns', async () => {
    const alternating = (await run({ prompt: '[a red fox|a blue owl]' })).pictures;
    const edited = (await run({ prompt: '[a red fox:a blue owl:1]' })).pictures;
    expect(pictureDifference(alternating[2], edited[2])).toBe(0);
    expect(pictureDifference(alternating[3], edited[3])).toBeGreaterThan(0);
  });

  it('may be longer than a text encoder takes at once', async () => {
    const long = Array.from({ length: 40 }, (_, i) => `a red fox ${i}`).join(', ');
    expect(pictureDifference(await imageOf({ prompt: long }), await imageOf({}))).toBeGreaterThan(5);
  });
});

describe('planned steps', () => {
  it.each([
    ['DDIM', 5, 5],
    ['DDIM', 60, 63],
    ['PLMS', 5, 5],
    ['DPM fast', 30, 11],
    ['Restart', 20, undefined],
    ['Heun', 6, 6],
    ['UniPC', 5, 5],
  ])('of %s with %i steps are those that come', async (sampler, steps, expected) => {
    const { events } = await run({ sampler, steps });
    const [start] = events;
    const taken = events.filter(({ type }) => type === 'step').length;
    expect(start).toMatchObject({ passes: [{ steps: taken, exact: true }] });
    if (expected !== undefined) expect(taken).toBe(expected);
    expect(events.find(({ type }) => type === 'image')).toMatchObject({ reason: 'finished' });
  });
});
