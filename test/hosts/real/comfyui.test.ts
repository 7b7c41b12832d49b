import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createComfyuiHost } from '#src/hosts/comfyui/host.js';
import type { GenerationEvent, GenerationRequest } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { correlation } from '../../helpers/correlation.js';
import { ComfyuiProcess, comfyuiFolder } from './comfyui-process.js';

if (!comfyuiFolder) console.warn('STEPS_ANIMATION_COMFYUI names no checkout of ComfyUI: it is not tested.');

const request = { prompt: 'a red apple', seed: 5, steps: 4, width: 64, height: 64 } satisfies GenerationRequest;

describe.skipIf(!comfyuiFolder)('in ComfyUI', { timeout: 600_000 }, () => {
  let comfyui: ComfyuiProcess;

  beforeAll(async () => {
    comfyui = await ComfyuiProcess.start(await mkdtemp(join(tmpdir(), 'steps-animation-test-')));
  }, 600_000);
  afterAll(async () => {
    await comfyui?.[Symbol.asyncDispose]();
    if (comfyui) await rm(comfyui.base, { recursive: true });
  });

  async function generate(
    wanted: GenerationRequest,
    { workflow, stopAfter = Number.POSITIVE_INFINITY }: { workflow?: unknown; stopAfter?: number } = {},
  ) {
    const stopping = new AbortController();
    await using host = createComfyuiHost({ url: comfyui.url, ...(workflow === undefined ? {} : { workflow }) });
    const steps: string[] = [];
    const pictures: Picture[] = [];
    const images: Extract<GenerationEvent, { type: 'image' }>[] = [];
    for await (const event of host.generate(wanted, stopping.signal)) {
      if (event.type === 'image') images.push(event);
      if (event.type !== 'step') continue;
      pictures.push(await event.picture('denoised'));
      steps.push(`${event.image}:${event.pass}:${event.step}`);
      if (steps.length === stopAfter) stopping.abort();
    }
    return { steps, pictures, images };
  }

  it.each(['Euler a', 'Heun', 'DPM++ 2M', 'DPM++ SDE', 'DDIM', 'UniPC'])('shows every step of %s', async (sampler) => {
    const { steps, images } = await generate({ ...request, sampler });
    expect(steps).toEqual(['0:0:1', '0:0:2', '0:0:3', '0:0:4']);
    expect(images).toMatchObject([{ reason: 'finished', picture: { width: 64, height: 64 } }]);
  });

  it('makes a batch one by one, and the same again with the same seed, though it has a cache', async () => {
    const first = await generate({ ...request, batchSize: 2 });
    const second = await generate({ ...request, batchSize: 2 });
    expect(second.steps).toEqual(['0:0:1', '0:0:2', '0:0:3', '0:0:4', '1:0:1', '1:0:2', '1:0:3', '1:0:4']);
    expect(second.images.map(({ picture }) => picture)).toEqual(first.images.map(({ picture }) => picture));
    expect(first.images[0]?.picture).not.toEqual(first.images[1]?.picture);
  });

  it('runs a workflow of two passes', async () => {
    const path = join(import.meta.dirname, '..', 'comfyui', 'two-passes.json');
    const workflow = JSON.parse(await readFile(path, 'utf8'));
    workflow['1'].inputs.ckpt_name = 'untrained.safetensors';
    const { steps, images } = await generate({ prompt: 'a fish', seed: 1 }, { workflow });
    expect(steps).toEqual(['0:0:1', '0:0:2', '0:0:3', '0:0:4', '0:1:1', '0:1:2']);
    expect(images).toMatchObject([{ picture: { width: 96, height: 96 } }]);
  });

  it('shows what is becoming the image', async () => {
    const { pictures, images } = await generate({ ...request, steps: 20, sampler: 'Euler a', preview: 'cheap' });
    const [finished] = images.map(({ picture }) => picture);
    const likeness = await Promise.all(pictures.map((picture) => correlation(picture, finished ?? picture)));
    expect(likeness).toHaveLength(20);
    // Colours are estimated with limits, beyond which the latents of an untrained model often are.
    expect(Math.min(...likeness.slice(10))).toBeGreaterThan(0.8);
  });

  it('shows previews by TAESD, for which ComfyUI has the file, unless they are to be cheap', async () => {
    const [best, cheap] = [await generate(request), await generate({ ...request, preview: 'cheap' })];
    expect(best.images[0]?.picture).toEqual(cheap.images[0]?.picture);
    expect(best.pictures.at(-1)).not.toEqual(cheap.pictures.at(-1));
  });

  it('leaves nothing at work when whoever listens goes', async () => {
    await using host = createComfyuiHost({ url: comfyui.url });
    for await (const event of host.generate({ ...request, steps: 1000 })) if (event.type === 'step') break;
    const queue = async () => await (await fetch(`${comfyui.url}/queue`)).json();
    await expect.poll(queue, { timeout: 60_000 }).toEqual({ queue_running: [], queue_pending: [] });
  });

  it('stops within a step or two', async () => {
    const { steps, images } = await generate({ ...request, steps: 100 }, { stopAfter: 3 });
    expect(steps.length).toBeLessThan(8);
    expect(images).toMatchObject([{ reason: 'interrupted' }]);
  });
});
