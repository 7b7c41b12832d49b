import { afterAll, describe, expect, it } from 'vitest';
import { guide } from '#src/diffusion/guidance.js';
import { imageOf } from '#src/diffusion/latent.js';
import { findSampler } from '#src/diffusion/names.js';
import { LatentDecoder, LatentEncoder } from '#src/diffusion/networks/autoencoder.js';
import { type ModelFolder, readModelFolder } from '#src/diffusion/networks/model-folder.js';
import { NoiseModel } from '#src/diffusion/networks/noise-model.js';
import { createNoiseSource } from '#src/diffusion/noise/noise.js';
import { zerosLike } from '#src/diffusion/prompts/conditioning.js';
import { PromptEncoder } from '#src/diffusion/prompts/prompt-encoder.js';
import { PromptTokenizer } from '#src/diffusion/prompts/tokenizer.js';
import { initialLatent } from '#src/diffusion/samplers/steps.js';
import { floats, type GoldenRun, goldenPipelines, latentOf, pathOf, pixels, relativeDifference } from './golden.js';

const settings = { device: 'cpu', threads: 1 } as const;

/** The samplers that diffusers' schedulers are in our words. */
const samplerOf: Readonly<Record<string, string>> = {
  EulerDiscreteScheduler: 'Euler',
  EulerAncestralDiscreteScheduler: 'Euler a',
  DDIMScheduler: 'DDIM',
  DPMSolverMultistepScheduler: 'DPM++ 2M',
  LCMScheduler: 'LCM',
};

describe.each(goldenPipelines)('a pipeline like %s', (name, golden) => {
  const path = pathOf(name);
  const isHalf = name === 'sd15-half';
  const parts = (async () => {
    const folder = await readModelFolder(path);
    const prompts = await PromptEncoder.load(folder, settings);
    return { folder, prompts, model: await NoiseModel.load(`${path}/unet/model.onnx`, folder, settings) };
  })();
  afterAll(async () => {
    const { prompts, model } = await parts;
    await prompts[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
  });

  it('has the tokens of transformers', async () => {
    const second = golden.tokens.some((row) => row.tokenizer_2);
    for (const part of second ? (['tokenizer', 'tokenizer_2'] as const) : (['tokenizer'] as const)) {
      const tokenizer = await PromptTokenizer.load(`${path}/${part}`);
      const { start, end, padding, length } = tokenizer.rules;
      for (const row of golden.tokens) {
        const ids = tokenizer.tokensOf(row.text).slice(0, length - 2);
        const whole = [start, ...ids, end, ...new Array(length - 2 - ids.length).fill(padding)];
        expect(whole).toEqual(row[part]);
      }
    }
  });

  it('has the embeddings of diffusers', async () => {
    const { prompts, folder } = await parts;
    for (const { text, clipSkip, hiddenStates, pooled } of golden.embeddings) {
      if (clipSkip !== null && name === 'sd15-legacy') continue;
      const skip = clipSkip === null ? 1 : clipSkip + (folder.family === 'sdxl' ? 2 : 1);
      const [encoded] = await prompts.encode([escaped(text)], skip);
      expect(relativeDifference(encoded?.hidden.data ?? new Float32Array(), floats(hiddenStates))).toBeLessThan(
        isHalf ? 0.02 : 1e-4,
      );
      if (pooled)
        expect(relativeDifference(encoded?.pooled?.data ?? new Float32Array(), floats(pooled))).toBeLessThan(1e-4);
    }
  });

  it.runIf(name === 'sd15-legacy')('says that earlier layers are not available', async () => {
    const { prompts } = await parts;
    await expect(prompts.encode(['a fox'], 2)).rejects.toMatchObject({ code: 'model' });
    await expect(prompts.encode(['a fox'], 2)).rejects.toThrow(/clip skip 1/u);
  });

  it('encodes and decodes pictures as diffusers does', async () => {
    const { folder } = await parts;
    await using encoder = await LatentEncoder.load(folder, settings);
    await using decoder = await LatentDecoder.load(folder, settings);
    for (const { picture, latent, decoded } of golden.encoder) {
      const encoded = await encoder.encode(pixels(picture));
      expect(relativeDifference(encoded.data, floats(latent))).toBeLessThan(isHalf ? 0.02 : 1e-3);
      const again = await decoder.decode(imageOf(latentOf(latent), 0));
      const expected = pixels(decoded);
      const largest = again.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (expected.data[i] ?? 0))),
        0,
      );
      expect(again).toMatchObject({ width: expected.width, height: expected.height });
      expect(largest).toBeLessThanOrEqual(isHalf ? 3 : 1);
    }
  });

  it.each(golden.runs.map((run) => [`${run.name}: ${run.mode}`, run] as const))(
    'ends on the latents of diffusers, %s',
    async (_, run) => {
      const { folder, prompts, model } = await parts;
      const final = await sample(run, folder, prompts, model);
      expect(relativeDifference(final, floats(run.final))).toBeLessThan(isHalf ? 0.03 : 1e-3);
    },
  );
});

it.each(
  goldenPipelines.flatMap(([name, { runs }]) =>
    // The Euler of diffusers starts from more than k-diffusion's, but where its timesteps are 'linspace'.
    runs
      .filter(({ mode, scheduler: { _class_name: kind, timestep_spacing: spacing }, sigmas }) => {
        const comparable = kind === 'DDIMScheduler' || (kind === 'EulerDiscreteScheduler' && spacing === 'linspace');
        return mode === 'txt2img' && comparable && Number.isFinite(sigmas[0] ?? Number.NaN) && sigmas[0] !== 4096;
      })
      .map((run) => [name, run.name, run] as const),
  ),
)('txt2img with %s starts from the latent of diffusers, %s', (_, _name, run) => {
  const sampler = findSampler(samplerOf[run.scheduler._class_name] ?? '');
  const start = initialLatent(latentOf(run.noise), run.sigmas[0] ?? 0, sampler);
  expect(relativeDifference(start.data, floats(run.start ?? run.noise))).toBeLessThan(1e-4);
});

/** Characters that are syntax in a prompt stand for themselves. */
function escaped(text: string): string {
  return text.replace(/[()[\]\\]/gu, '\\$&');
}

async function sample(
  run: GoldenRun,
  folder: ModelFolder,
  prompts: PromptEncoder,
  model: NoiseModel,
): Promise<Float32Array> {
  const skip = run.clipSkip === null ? 1 : run.clipSkip + (folder.family === 'sdxl' ? 2 : 1);
  const [positive] = await prompts.encode([escaped(run.prompt)], skip);
  const [negative] = await prompts.encode([escaped(run.negativePrompt ?? '')], skip);
  if (!positive || !negative) throw new Error('nothing was encoded');
  const away = run.negativePrompt === null && folder.emptyIsZero ? zerosLike(negative) : negative;
  const { width, height, guidanceRescale: rescale } = run;
  const cfgScale = Math.max(run.guidanceScale, 1);
  const denoiseBoth = guide(model, {
    promptsAt: () => ({ positive, negative: away }),
    ...{ rescale, conditions: { width, height, cfgScale } },
  });
  const shape = latentOf(run.noise).shape;
  const noise = createNoiseSource(shape, { seeds: run.seeds, generator: 'cpu' });
  expect(relativeDifference(noise().data, floats(run.noise))).toBeLessThan(1e-6);
  // Where the last training step is pure noise, diffusers writes 4096 or infinity, and we what web UIs write.
  const [top = 0] = model.sigmas.slice(-1);
  const sigmas = run.sigmas.map((sigma) => (sigma === null || sigma === 4096 ? top : sigma));
  const start =
    run.start && run.sigmas[0] !== 4096
      ? latentOf(run.start)
      : { shape, data: floats(run.noise).map((value) => value * (sigmas[0] ?? 0)) };
  const { sample } = findSampler(samplerOf[run.scheduler._class_name] ?? '');
  const steps = sample({
    denoise: async (latent, sigma) => (await denoiseBoth(latent, sigma)).guided,
    denoiseBoth,
    timestepAt: (sigma) => model.timestepAt(sigma),
    ...{ latent: start, sigmas, noise, brownian: noise },
  });
  for (;;) {
    const { value, done } = await steps.next();
    // diffusers holds latents of unit variance, which differ where noise is left at the end.
    const left = sigmas.at(-1) ?? 0;
    if (done) return value.data.map((sample) => sample / Math.sqrt(1 + left ** 2));
  }
}
