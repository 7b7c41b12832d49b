import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createComfyuiHost } from '#dist/hosts/comfyui/comfyui.js';
import type { GenerationEvent, GenerationRequest } from '#dist/hosts/host.js';

const folder = process.env.STEPS_ANIMATION_COMFYUI;
const python = process.env.STEPS_ANIMATION_COMFYUI_PYTHON ?? 'python3';
if (!folder) console.warn('STEPS_ANIMATION_COMFYUI names no checkout of ComfyUI: it is not tested.');

const port = 8197;
const url = `http://127.0.0.1:${port}`;
const request = { prompt: 'a red apple', seed: 5, steps: 4, width: 64, height: 64 } satisfies GenerationRequest;

/** Needs a checkpoint in models/checkpoints; random weights will do. */
describe.skipIf(!folder)('in ComfyUI', { timeout: 600_000 }, () => {
  let comfyui: ChildProcess;

  beforeAll(async () => {
    const flags = ['main.py', '--cpu', '--preview-method', 'auto', '--disable-auto-launch', '--port', String(port)];
    comfyui = spawn(python, flags, { cwd: folder, stdio: 'ignore' });
    while (!(await fetch(url).catch(() => undefined))) await wait(500);
  }, 300_000);
  afterAll(() => comfyui?.kill('SIGKILL'));

  async function generate(
    wanted: GenerationRequest,
    { workflow, stopAfter = Number.POSITIVE_INFINITY }: { workflow?: unknown; stopAfter?: number } = {},
  ) {
    const stopping = new AbortController();
    await using host = createComfyuiHost({ url, ...(workflow === undefined ? {} : { workflow }) });
    const steps: string[] = [];
    const images: Extract<GenerationEvent, { type: 'image' }>[] = [];
    for await (const event of host.generate(wanted, stopping.signal)) {
      if (event.type === 'image') images.push(event);
      if (event.type !== 'step') continue;
      await event.picture('denoised');
      steps.push(`${event.image}:${event.pass}:${event.step}`);
      if (steps.length === stopAfter) stopping.abort();
    }
    return { steps, images };
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
    await using host = createComfyuiHost({ url });
    const { models } = await host.describe();
    workflow['1'].inputs.ckpt_name = `${models[0]?.name}.safetensors`;
    const { steps, images } = await generate({ prompt: 'a fish', seed: 1 }, { workflow });
    expect(steps).toEqual(['0:0:1', '0:0:2', '0:0:3', '0:0:4', '0:1:1', '0:1:2']);
    expect(images).toMatchObject([{ picture: { width: 96, height: 96 } }]);
  });

  it('stops within a step or two', async () => {
    const { steps, images } = await generate({ ...request, steps: 100 }, { stopAfter: 3 });
    expect(steps.length).toBeLessThan(8);
    expect(images).toMatchObject([{ reason: 'interrupted' }]);
  });
});
