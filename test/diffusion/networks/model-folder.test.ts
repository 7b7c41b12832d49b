import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Inference } from '#src/diffusion/inference.js';
import { createLatent } from '#src/diffusion/latent.js';
import { LatentEncoder } from '#src/diffusion/networks/autoencoder.js';
import { latentColoursOf } from '#src/diffusion/networks/latent-colours.js';
import { listModelNames, readModelFolder } from '#src/diffusion/networks/model-folder.js';
import { applyWeights } from '#src/diffusion/prompts/conditioning.js';
import { PromptEncoder } from '#src/diffusion/prompts/prompt-encoder.js';
import { PromptTokenizer } from '#src/diffusion/prompts/tokenizer.js';
import { StepDecoder } from '#src/diffusion/step-decoder.js';
import { pathOf } from '../pipelines/golden.js';

const tinyModel = fileURLToPath(new URL('../../fixtures/tiny-model', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steps-animation-model-'));
  await cp(tinyModel, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

describe('a model folder', () => {
  it('has sizes and scales in its configuration', async () => {
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
    expect(await listModelNames(join(tinyModel, '..'))).toEqual(['tiny-model']);
    expect(await listModelNames(join(folder, 'unheard'))).toEqual([]);
  });

  it('with a broken network fails with its name, in the thread and in the process', async () => {
    for (const part of ['unet', 'vae_decoder']) await writeFile(join(folder, part, 'model.onnx'), 'broken');
    await using inference = new Inference({ path: folder, device: 'cpu' });
    await expect(inference.loaded()).rejects.toMatchObject({ code: 'model', message: expect.stringContaining(folder) });
    await using decoder = new StepDecoder({ path: folder, device: 'cpu' });
    await expect(decoder.decode(createLatent([1, 4, 8, 8]), 'full')).rejects.toMatchObject({ code: 'model' });
  });
});

describe('a step decoder', () => {
  it('refuses what its model cannot decode and goes on', async () => {
    await using decoder = new StepDecoder({ path: tinyModel, device: 'cpu' });
    await expect(decoder.decode(createLatent([1, 9, 8, 8]), 'full')).rejects.toMatchObject({ code: 'model' });
    expect(await decoder.decode(createLatent([1, 4, 8, 8]), 'full')).toMatchObject({
      picture: { width: 32, height: 32 },
    });
  });

  it('fails pending requests when it is lost, and restarts for the next', async () => {
    await using decoder = new StepDecoder({ path: tinyModel, device: 'cpu' });
    const waiting = decoder.decode(createLatent([1, 4, 8, 8]), 'full');
    await Promise.all([expect(waiting).rejects.toThrow(/gone.*smaller size/u), decoder[Symbol.asyncDispose]()]);
    expect(await decoder.decode(createLatent([1, 4, 2, 3]), 'full')).toMatchObject({
      picture: { width: 12, height: 8 },
    });
  });
});

it('pads prompts to the length of the model, and adds chunks for longer ones', async () => {
  const { rules } = await PromptTokenizer.load(join(tinyModel, 'tokenizer'));
  expect(rules).toMatchObject({ length: 16, start: 1, end: 2, padding: 0 });
  await using prompts = await PromptEncoder.load(await readModelFolder(tinyModel), { device: 'cpu' });
  const lengthOf = async (text: string) => (await prompts.encode([text], 1)).map(({ hidden }) => hidden.shape);
  expect(await lengthOf('')).toEqual([[1, 16, 16]]);
  expect(await lengthOf('abcdefghij klmnopqrstuvwxyz')).toEqual([[1, 32, 16]]);
});

it('encodes a repeated text once, and weights it as often as it occurs', async () => {
  await using prompts = await PromptEncoder.load(await readModelFolder(tinyModel), { device: 'cpu' });
  const [a, b, again] = await prompts.encode(['(fox:1.5)', 'hen', '(fox:1.5)'], 1);
  expect(again).toBe(a);
  const [plain, other] = [await prompts.encode(['fox'], 1), await prompts.encode(['hen'], 1)].flat();
  const hidden = [plain, other, plain].flatMap((each) => [...(each?.hidden.data ?? [])]);
  const tokens = [1, 1.5, 1.5, 1.5];
  const weights = [...tokens, ...new Array(12).fill(1)];
  const weighed = applyWeights(Float32Array.from(hidden), [...weights, ...new Array(16).fill(1), ...weights], 16);
  expect([...(a?.hidden.data ?? []), ...(b?.hidden.data ?? [])]).toEqual([...weighed.subarray(0, 512)]);
});

describe('a tokenizer', () => {
  const [sd15, sdxl] = ['sd15', 'sdxl'].map((name) =>
    fileURLToPath(new URL(`../fixtures/pipelines/${name}`, import.meta.url)),
  );

  it.each([`${sd15}/tokenizer`, `${sdxl}/tokenizer_2`])(
    '%s is the same without tokenizer.json, by its older files',
    async (path) => {
      const whole = await PromptTokenizer.load(path);
      await cp(path, join(folder, 'older'), { recursive: true });
      await rm(join(folder, 'older', 'tokenizer.json'));
      const older = await PromptTokenizer.load(join(folder, 'older'));
      expect(older.rules).toEqual(whole.rules);
      for (const text of ["it's a fox, in THE snow!", 'déjà vu 🦊 123', '  two  spaces\n', '<|endoftext|> (x:1.2)']) {
        expect(older.tokensOf(text)).toEqual(whole.tokensOf(text));
      }
    },
  );

  it('that is missing is named', async () => {
    await rm(join(folder, 'tokenizer'), { recursive: true });
    await expect(PromptTokenizer.load(join(folder, 'tokenizer'))).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('tokenizer'),
    });
  });
});

describe('a model of another kind', () => {
  const change = async (file: string, values: object) => {
    const config = JSON.parse(await readFile(join(folder, file), 'utf8'));
    await writeFile(join(folder, file), JSON.stringify({ ...config, ...values }));
  };

  it.each([
    ['model_index.json', { _class_name: 'StableDiffusion3Pipeline' }, 'StableDiffusion3Pipeline'],
    ['model_index.json', { _class_name: 'StableDiffusionInpaintPipeline' }, 'StableDiffusionInpaintPipeline'],
    ['unet/config.json', { in_channels: 9 }, 'inpainting'],
  ])('is refused in words: %s %s', async (file, values, reason) => {
    await change(file, values);
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'model' });
    await expect(readModelFolder(folder)).rejects.toThrow(reason);
  });

  it('with a transformer is refused', async () => {
    await cp(join(folder, 'unet'), join(folder, 'transformer'), { recursive: true });
    await expect(readModelFolder(folder)).rejects.toThrow(/families Stable Diffusion 1, 2 or XL/u);
  });
});

describe('numbers of a model folder that do not fit', () => {
  type Change = (config: Readonly<Record<string, unknown>>) => object;
  const change = async (file: string, changed: Change) => {
    const path = join(folder, file);
    await writeFile(path, JSON.stringify(changed(JSON.parse(await readFile(path, 'utf8')))));
  };
  const settings = { device: 'cpu', threads: 1 } as const;
  const grey = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(128) };

  it.each<[string, string, Change]>([
    ['a scale of 0', 'vae_decoder/config.json', (config) => ({ ...config, scaling_factor: 0 })],
    ['no latent channels', 'vae_decoder/config.json', (config) => ({ ...config, latent_channels: 0 })],
    ['a size of 0', 'unet/config.json', (config) => ({ ...config, sample_size: 0 })],
  ])('are refused: %s', async (_, file, changed) => {
    await change(file, changed);
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: 'model' });
  });

  it('are refused: padding that the vocabulary does not have', async () => {
    await change('tokenizer/tokenizer_config.json', (config) => ({ ...config, pad_token: '[NOTHING]' }));
    const loading = PromptTokenizer.load(join(folder, 'tokenizer'));
    await expect(loading).rejects.toThrow(/no token "\[NOTHING\]"/u);
    await expect(loading).rejects.toMatchObject({ code: 'model' });
  });

  it('are refused: marks that the vocabulary of an older tokenizer does not have', async () => {
    await cp(join(pathOf('sd15'), 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
    await rm(join(folder, 'tokenizer/tokenizer.json'));
    await expect(PromptTokenizer.load(join(folder, 'tokenizer'))).resolves.toBeDefined();
    await change('tokenizer/vocab.json', ({ '<|startoftext|>': _, ...others }) => others);
    await expect(PromptTokenizer.load(join(folder, 'tokenizer'))).rejects.toThrow(/no token "<\|startoftext\|>"/u);
  });

  it('are refused: another number of latent channels than the encoder gives', async () => {
    const other = { ...(await readModelFolder(pathOf('sd15'))), latentChannels: 3 };
    await using encoder = await LatentEncoder.load(other, settings);
    await expect(encoder.encode(grey)).rejects.toThrow(/instead of 1 × 3 or 6 × \d+ × \d+/u);
  });

  it('are refused: colours of another number of latent channels', async () => {
    await mkdir(join(folder, 'preview'), { recursive: true });
    const colours = { factors: [[1, 0, 0]], bias: [0, 0, 0] };
    await writeFile(join(folder, 'preview/latent_rgb.json'), JSON.stringify(colours));
    await expect(latentColoursOf(await readModelFolder(folder))).rejects.toThrow(/latent_rgb\.json.*must have 4 rows/u);
  });
});
