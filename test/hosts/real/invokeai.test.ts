import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '#src/hosts/host.js';
import { samplers } from '#src/hosts/invokeai/catalogue.js';
import { createInvokeaiHost } from '#src/hosts/invokeai/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { emerging } from '../../helpers/pictures.js';
import { runScenario, type Scenario } from '../record/run-scenario.js';

const url = process.env.STEPS_ANIMATION_INVOKEAI ?? '';
if (!url) console.warn('STEPS_ANIMATION_INVOKEAI names no address of an InvokeAI: it is not tested.');

const size = { width: 64, height: 64 };
const request = {
  ...{ model: 'tiny-sd15', prompt: 'a red apple', seed: 5, steps: 4 },
  ...size,
} satisfies GenerationRequest;

async function generate(wanted: GenerationRequest, onEvent?: Scenario['onEvent']) {
  await using host = createInvokeaiHost({ url });
  return await runScenario(host, { request: wanted, ...(onEvent && { onEvent }) }, () => undefined);
}

const upTo = (last: number, image = 0) => Array.from({ length: last }, (_, index) => `${image}:0:${index + 1}`);

/** Needs the models tiny-sd15 and tiny-sdxl, which make_invokeai_model.py makes. */
describe.skipIf(!url)('in InvokeAI', { timeout: 600_000 }, () => {
  it.each(samplers)('shows every step of %s', async (sampler) => {
    const { steps, images, stepPictures, error } = await generate({ ...request, sampler });
    // PLMS asks the model once more than it has steps.
    expect({ steps, images, error }).toEqual({
      steps: upTo(sampler === 'PLMS' ? 5 : 4),
      images: ['0:finished'],
      error: undefined,
    });
    expect(stepPictures[0]).toMatchObject(size);
    expect(stepPictures.at(-1)).not.toEqual(stepPictures[0]);
  });

  it('shows every step of SDXL', async () => {
    const { steps, images } = await generate({ ...request, model: 'tiny-sdxl' });
    expect({ steps, images }).toEqual({ steps: upTo(4), images: ['0:finished'] });
  });

  it('takes Karras noise levels', async () => {
    const { images, pictures } = await generate({ ...request, sampler: 'Heun', scheduler: 'Karras' });
    expect(images).toEqual(['0:finished']);
    expect(pictures).not.toEqual((await generate({ ...request, sampler: 'Heun' })).pictures);
  });

  it('makes a batch one by one, and the same again with the same seed, though it has a cache', async () => {
    const first = await generate({ ...request, batchSize: 2 });
    const second = await generate({ ...request, batchSize: 2 });
    expect(second.steps).toEqual([...upTo(4), ...upTo(4, 1)]);
    expect(second.pictures).toEqual(first.pictures);
    expect(first.pictures[0]).not.toEqual(first.pictures[1]);
  });

  it('starts from a picture, and repaints what is white in the mask', async () => {
    const picture = emerging(64, 64, 0.5);
    const data = picture.data.map((_, index) => (Math.floor(index / 3) % 64 < 32 ? 255 : 0));
    const start = { picture, mask: { ...picture, data }, maskBlur: 0, denoisingStrength: 0.5 };
    const first = await generate({ ...request, start });
    const { pictures } = await generate({ ...request, start, seed: 6 });
    expect(first.steps).toEqual(upTo(2));
    const [one, other] = [first.pictures[0], pictures[0]];
    if (!one || !other) throw new Error('no image');
    expect(difference(one, other, 0)).toBeGreaterThan(3 * difference(one, other, 48));
  });

  it('stops within a step or two', async () => {
    const { steps, images } = await generate({ ...request, steps: 100 }, (_, seen, { stop }) => seen === 3 && stop());
    expect(steps.length).toBeLessThan(8);
    expect(images).toEqual(['0:interrupted']);
  });
});

/** of sixteen columns of two pictures, the first of them given */
function difference(one: Picture, other: Picture, column: number): number {
  const rows = Array.from({ length: one.height }, (_, row) => 3 * (row * one.width + column));
  const bytes = rows.flatMap((start) => Array.from({ length: 3 * 16 }, (_, index) => start + index));
  return bytes.reduce((sum, index) => sum + Math.abs((one.data[index] ?? 0) - (other.data[index] ?? 0)), 0);
}
