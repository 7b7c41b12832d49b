import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { BatchRequest } from '#src/diffusion/batch-request.js';
import { Inference } from '#src/diffusion/inference.js';
import { createLatent } from '#src/diffusion/latent.js';
import { readModelFolder } from '#src/diffusion/networks/model-folder.js';
import { NoiseModel } from '#src/diffusion/networks/noise-model.js';
import { PromptEncoder } from '#src/diffusion/prompts/prompt-encoder.js';
import { sigmaAt } from '#src/diffusion/schedulers/training-sigmas.js';
import { batchOf } from '../../helpers/batch.js';

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const tinyModel = pathOf('../../fixtures/tiny-model');
const settings = { device: 'cpu', threads: 1 } as const;
const conditions = { width: 32, height: 32, cfgScale: 4 };

async function load(path: string): Promise<NoiseModel> {
  return await NoiseModel.load(`${path}/unet/model.onnx`, await readModelFolder(path), settings);
}

it('predicts for prompts of several lengths what it predicts for each alone', async () => {
  await using prompts = await PromptEncoder.load(await readModelFolder(tinyModel), settings);
  await using model = await load(tinyModel);
  const [short] = await prompts.encode(['a red apple'], 1);
  const [long] = await prompts.encode(['a red apple on a white plate, and a pear behind it'], 1);
  if (!short || !long) throw new Error('nothing was encoded');
  expect(long.hidden.shape[1]).toBeGreaterThan(short.hidden.shape[1] ?? 0);
  const latent = createLatent([2, 4, 8, 8]);
  latent.data.forEach((_, i) => {
    latent.data[i] = Math.sin(i);
  });
  const together = await model.predict(latent, 2, [short, long], conditions);
  for (const [i, prompt] of [short, long].entries()) {
    const [alone] = await model.predict(latent, 2, [prompt], conditions);
    expect(together[i]).toEqual(alone);
  }
  expect(together[0]?.data).not.toEqual(together[1]?.data);
});

it('runs a consistency model only at timesteps that it was distilled at', async () => {
  await using model = await load(pathOf('../fixtures/pipelines/lcm'));
  const asked = [999, 749.25, 499.5, 249.75, 3].map((timestep) => model.timestepAt(sigmaAt(model.sigmas, timestep)));
  expect(asked).toEqual([999, 759, 499, 259, 19]);
  await using usual = await load(tinyModel);
  expect(usual.timestepAt(sigmaAt(usual.sigmas, 49.25))).toBeCloseTo(49.25, 6);
});

it('drops the part of a prompt that is beyond what the network takes', async () => {
  await using inference = new Inference({ path: pathOf('../../../models/emoji'), device: 'cpu' });
  const { fixedTokens } = await inference.loaded();
  expect(fixedTokens).toBeGreaterThan(0);
  const first = async (change: Partial<BatchRequest>) => {
    const steps = inference.generate(batchOf({ width: 128, height: 128, ...change }));
    const { value } = await steps.next();
    await steps.return({ pictures: [], reason: 'interrupted' });
    return value;
  };
  const words = 'a red apple and a blue fish and a green house and a yellow sun ';
  const [long, longer, other] = [words.repeat(2), words.repeat(3), `pizza ${words}`];
  const denoised = async (prompt: string) =>
    JSON.stringify(await first({ prompt }), (key, value) => (key === 'milliseconds' ? 0 : value));
  expect(await denoised(longer)).toBe(await denoised(long));
  expect(await denoised(other)).not.toBe(await denoised(long));
});

it('says what to do when the network fails', async () => {
  await using inference = new Inference({ path: pathOf('../../../models/emoji'), device: 'cpu' });
  const running = inference.generate(batchOf({ width: 256 })).next();
  await expect(running).rejects.toMatchObject({ code: 'model' });
  await expect(running).rejects.toThrow(/^[^\n]*smaller size or batch; else try --device cpu\.$/u);
});
