import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Inference } from '#dist/diffusion/inference.js';
import { createLatent } from '#dist/diffusion/latent.js';
import { listModels, readModelFolder } from '#dist/diffusion/model-folder.js';
import { PromptEncoder } from '#dist/diffusion/prompt-encoder.js';
import { StepDecoder } from '#dist/diffusion/step-decoder.js';

const tinyModel = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steps-animation-model-'));
  await cp(tinyModel, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

describe('a model folder', () => {
  it('tells sizes and scales from its configurations', async () => {
    expect(await readModelFolder(tinyModel)).toMatchObject({
      ...{ name: 'tiny-model', path: tinyModel, width: 32, height: 32 },
      ...{ sizeUnit: 8, latentFactor: 4, latentChannels: 4, latentScale: 0.5, latentShift: 0 },
    });
  });

  it.each([
    'model_index.json',
    'unet/config.json',
    'unet/model.onnx',
    'vae_decoder/model.onnx',
    'text_encoder/model.onnx',
    'tokenizer/tokenizer.json',
    'scheduler/scheduler_config.json',
  ])('without %s is refused', async (file) => {
    await rm(join(folder, file));
    const reading = readModelFolder(folder);
    await expect(reading).rejects.toMatchObject({ code: 'model', message: expect.stringContaining(folder) });
    await expect(reading).rejects.toThrow(file);
  });

  it('of another kind is refused with what is wrong', async () => {
    const file = join(folder, 'scheduler/scheduler_config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, prediction_type: 'flow' }));
    await expect(readModelFolder(folder)).rejects.toThrow(/scheduler_config\.json.*prediction_type/u);
    await writeFile(file, 'not JSON');
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'model' });
  });

  it('is listed beside others, and nothing else is', async () => {
    expect(await listModels(join(tinyModel, '..'))).toEqual(['tiny-model']);
    expect(await listModels(join(folder, 'unheard'))).toEqual([]);
  });

  it('with a broken network fails with its name, in the thread and in the process', async () => {
    for (const part of ['unet', 'vae_decoder']) await writeFile(join(folder, part, 'model.onnx'), 'broken');
    await using inference = new Inference(folder);
    await expect(inference.loaded()).rejects.toMatchObject({ code: 'model', message: expect.stringContaining(folder) });
    await using decoder = new StepDecoder(folder);
    await expect(decoder.decode(createLatent([1, 4, 8, 8]))).rejects.toMatchObject({ code: 'model' });
  });
});

describe('a step decoder', () => {
  it('refuses what its model cannot decode and goes on', async () => {
    await using decoder = new StepDecoder(tinyModel);
    await expect(decoder.decode(createLatent([1, 9, 8, 8]))).rejects.toMatchObject({ code: 'model' });
    expect(await decoder.decode(createLatent([1, 4, 8, 8]))).toMatchObject({ width: 32, height: 32 });
  });

  it('tells those who wait that it is gone, and starts anew for the next', async () => {
    await using decoder = new StepDecoder(tinyModel);
    const waiting = decoder.decode(createLatent([1, 4, 8, 8]));
    await Promise.all([expect(waiting).rejects.toThrow('gone'), decoder[Symbol.asyncDispose]()]);
    expect(await decoder.decode(createLatent([1, 4, 2, 3]))).toMatchObject({ width: 12, height: 8 });
  });
});

it('pads and cuts prompts to the length of the model, and keeps the end of a cut one marked', async () => {
  await using prompts = await PromptEncoder.load(tinyModel);
  expect(prompts.tokenize('ab')).toEqual([1, 3, 4, 2, ...new Array(12).fill(0)]);
  const long = prompts.tokenize('abcdefghij klmnopqrstuvwxyz');
  expect(long).toHaveLength(16);
  expect(long.at(-1)).toBe(2);
  expect(await prompts.encode('')).toMatchObject({ shape: [1, 16, 16] });
});
