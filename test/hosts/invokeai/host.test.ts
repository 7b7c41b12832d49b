import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '#src/hosts/host.js';
import { createInvokeaiHost } from '#src/hosts/invokeai/host.js';
import { emerging } from '../../helpers/pictures.js';
import { type Outcome, runScenario, type Scenario } from '../record/run-scenario.js';
import { FakeInvokeai, finished, type Script, size } from './fake-invokeai.js';

const request = { prompt: 'a red apple', seed: 5, steps: 3, ...size } satisfies GenerationRequest;

async function generate(
  fake: FakeInvokeai,
  wanted: GenerationRequest = request,
  onEvent?: Scenario['onEvent'],
): Promise<Outcome> {
  await using host = createInvokeaiHost({ url: fake.url });
  return await runScenario(host, { request: wanted, ...(onEvent && { onEvent }) }, () => fake.cut());
}

const threeSteps: Script = async (item) => {
  await item.steps(0, 3, 3);
  item.end();
};

/** Two steps, and no end before it is cancelled. */
const untilCanceled: Script = async (item) => {
  await item.steps(0, 2, 1000);
  while (item.status === 'in_progress') await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the InvokeAI host', () => {
  it('yields every step once, in order, in the size of the image, and the image that InvokeAI made', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 2, 3);
      await item.progress(1 / 3);
      await item.progress(0.9, 'another-node');
      fake.emit('invocation_progress', { item_id: item.id + 1, invocation_source_id: 'denoise', percentage: 0.9 });
      fake.emit('invocation_progress', { item_id: item.id, invocation_source_id: 'denoise', percentage: null });
      await item.progress(1);
      item.end();
    });
    const { steps, images, stepPictures, pictures, notes, error } = await generate(fake);
    expect({ steps, images, notes, error }).toEqual({
      steps: ['0:0:1', '0:0:2', '0:0:3'],
      images: ['0:finished'],
      notes: [],
      error: undefined,
    });
    for (const picture of stepPictures) expect(picture).toMatchObject(size);
    expect(Buffer.from(pictures[0]?.data ?? []).equals(finished.data)).toBe(true);
  });

  it('counts a step of a sampler of the second order once, though it is reported twice', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      for (const share of [0, 0, 0.5, 0.5, 1, 1]) await item.progress(share);
      item.end();
    });
    const { steps, notes } = await generate(fake, { ...request, sampler: 'Heun' });
    expect({ steps, notes }).toEqual({ steps: ['0:0:1', '0:0:2', '0:0:3'], notes: [] });
  });

  it('makes the images of a batch one by one, never out of the cache', async () => {
    const fake = await FakeInvokeai.start(threeSteps);
    const { steps, images } = await generate(fake, { ...request, batchSize: 2 });
    expect(steps).toHaveLength(6);
    expect(images).toEqual(['0:finished', '1:finished']);
    expect(fake.items.map(({ graph }) => graph.nodes.noise?.seed)).toEqual([5, 6]);
    expect(fake.items[0]?.graph.nodes.denoise).toMatchObject({ use_cache: false, scheduler: 'euler_a' });
  });

  it('starts from a picture and a mask that it sends first', async () => {
    const fake = await FakeInvokeai.start(threeSteps);
    const picture = emerging(80, 60, 0.5);
    const start = { picture, mask: picture, denoisingStrength: 0.75 };
    expect(await generate(fake, { ...request, start })).toMatchObject({ images: ['0:finished'], error: undefined });
    const { nodes, edges } = fake.items[0]?.graph ?? { nodes: {}, edges: [] };
    expect(nodes.start?.image).toEqual({ image_name: 'picture-1.png' });
    expect(nodes.mask?.mask).toEqual({ image_name: 'picture-2.png' });
    expect(nodes.denoise?.denoising_start).toBe(0.25);
    expect(edges).toContainEqual({
      source: { node_id: 'mask', field: 'denoise_mask' },
      destination: { node_id: 'denoise', field: 'denoise_mask' },
    });
  });

  it('asks of each model what its kind takes', async () => {
    const fake = await FakeInvokeai.start(threeSteps);
    await generate(fake, { ...request, model: 'large', clipSkip: 2 });
    await generate(fake, { ...request, clipSkip: 2, scheduler: 'Karras', sampler: 'DPM++ 2M' });
    const [large, small] = fake.items.map(({ graph }) => graph.nodes);
    expect(large?.model).toMatchObject({ type: 'sdxl_model_loader', model: { key: 'k2', base: 'sdxl' } });
    expect(large?.positive).toMatchObject({ type: 'sdxl_compel_prompt', prompt: 'a red apple', original_width: 64 });
    expect(small?.clip).toMatchObject({ type: 'clip_skip', skipped_layers: 1 });
    expect(small?.denoise).toMatchObject({ scheduler: 'dpmpp_2m_k' });
  });

  it('describes the models that it can work with, in their own sizes', async () => {
    const fake = await FakeInvokeai.start(threeSteps);
    const { models, samplers } = await createInvokeaiHost({ url: fake.url }).describe();
    expect(models).toEqual([
      { name: 'tiny', ...size },
      { name: 'large', width: 1024, height: 1024 },
    ]);
    expect(samplers).toContain('Euler a');
  });

  it('says what InvokeAI leaves out, and whose steps are noisy', async () => {
    const fake = await FakeInvokeai.start(threeSteps);
    const seedResize = { seedResizeFromWidth: 64, seedResizeFromHeight: 64 };
    const leftOut = { ...seedResize, rho: 5, sChurn: 1, sTmin: 0.1, sTmax: 9, preview: 'full' } as const;
    const { notes } = await generate(fake, { ...request, sampler: 'UniPC', ...leftOut });
    expect(notes).toEqual([
      'These options have no effect with InvokeAI: resize seed from width, rho, sigma churn, sigma tmin, sigma tmax, preview.',
      expect.stringMatching(/UniPC with their noise; it shows denoised steps of Euler, Euler a,/u),
    ]);
  });

  it.each([
    ['Euler a', [expect.stringContaining('--content noisy had no effect')]],
    ['UniPC', [expect.stringContaining('UniPC with their noise')]],
  ])('says once whether the steps of %s can be noisy', async (sampler, expected) => {
    const fake = await FakeInvokeai.start(threeSteps);
    await using host = createInvokeaiHost({ url: fake.url });
    const notes: string[] = [];
    for await (const event of host.generate({ ...request, sampler, batchCount: 2 })) {
      if (event.type === 'step') await event.picture('noisy');
      if (event.type === 'note') notes.push(event.message);
    }
    expect(notes).toEqual(expected);
  });

  it.each([
    [{ model: 'flux' }, /no model "flux" of SD 1, SD 2 or SDXL; it has: tiny, large\./u],
    [{ sampler: 'Nonsense' }, /no sampler "Nonsense"; it has: Euler, .*UniPC/u],
    [{ scheduler: 'Beta' }, /no scheduler "Beta"; it has: Automatic, Karras\./u],
    [{ sampler: 'DDIM', scheduler: 'Karras' }, /no Karras schedule for DDIM: choose/u],
    [{ hiresScale: 2 }, /^InvokeAI does not support hires scale: leave it at 1\.$/u],
  ])('refuses %j with what is possible', async (wanted, message) => {
    const fake = await FakeInvokeai.start(threeSteps);
    const { error } = await generate(fake, { ...request, ...wanted });
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
    await expect(createInvokeaiHost({ url: fake.url }).check?.({ ...request, ...wanted })).rejects.toThrow(message);
    expect(fake.items).toEqual([]);
  });

  it('says what to do when no step was shown, and when nothing begins', async () => {
    const fake = await FakeInvokeai.start(async (item) => item.end());
    fake.isPaused = true;
    expect((await generate(fake)).notes).toEqual([
      expect.stringContaining('paused: resume it'),
      expect.stringContaining('showed no steps'),
    ]);
    fake.isFull = true;
    expect((await generate(fake)).error).toMatchObject({ message: expect.stringContaining('queue is full: clear it') });
  });
});

describe('interruptions of the InvokeAI host', () => {
  it('end the current image with its last step, and begin no other', async () => {
    const fake = await FakeInvokeai.start(untilCanceled);
    const wanted = { ...request, batchCount: 3 };
    const { steps, images, error } = await generate(fake, wanted, (_, seen, { stop }) => seen === 2 && stop());
    expect({ steps, images, error }).toEqual({
      steps: ['0:0:1', '0:0:2'],
      images: ['0:interrupted'],
      error: undefined,
    });
    expect(fake.canceled).toEqual([1]);
    expect(fake.items).toHaveLength(1);
  });

  it('skip the current batch', async () => {
    const fake = await FakeInvokeai.start(async (item) => await (item.id === 1 ? untilCanceled : threeSteps)(item));
    const onEvent: Scenario['onEvent'] = ({ type }, seen, { skip }) => type === 'step' && seen === 2 && skip();
    const { images } = await generate(fake, { ...request, batchCount: 2, batchSize: 2 }, onEvent);
    expect(images).toEqual(['0:skipped', '2:finished', '3:finished']);
    expect(fake.items).toHaveLength(3);
    expect(fake.canceled).toEqual([1]);
  });

  it('come when the caller leaves its loop', async () => {
    const fake = await FakeInvokeai.start(untilCanceled);
    await using host = createInvokeaiHost({ url: fake.url });
    for await (const event of host.generate(request)) if (event.type === 'step') break;
    expect(fake.canceled).toEqual([1]);
  });

  it('in InvokeAI itself end the run as well', async () => {
    const fake = await FakeInvokeai.start(async (item) => {
      await item.steps(0, 1, 3);
      item.end('canceled');
    });
    const { steps, images, notes, error } = await generate(fake, { ...request, batchCount: 2 });
    expect({ steps, images, error }).toEqual({ steps: ['0:0:1'], images: ['0:interrupted'], error: undefined });
    expect(notes).toEqual([expect.stringContaining('somebody did so there')]);
  });
});
