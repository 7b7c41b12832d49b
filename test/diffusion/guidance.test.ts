import { describe, expect, it } from 'vitest';
import { guide } from '#src/diffusion/guidance.js';
import { createLatent, type Latent, map } from '#src/diffusion/latent.js';
import type { Conditioning } from '#src/diffusion/prompts/conditioning.js';

const prompt = (value: number): Conditioning => ({
  hidden: { data: Float32Array.of(value), shape: [1, 1, 1] },
  pooled: undefined,
});
const [positive, negative] = [prompt(3), prompt(1)];
const latent = createLatent([1, 1, 1, 2]);

/** Guides a model that predicts what its prompt says, and tells which prompts it was asked for. */
async function guided(cfgScale: number, usesUnguided: boolean) {
  const asked: (readonly Conditioning[])[] = [];
  const model = {
    isDistilled: false,
    clean: (_: Latent, __: number, predicted: Latent) => predicted,
    predict: async (noisy: Latent, _: number, prompts: readonly Conditioning[]) => {
      asked.push(prompts);
      return prompts.map(({ hidden }) => map(noisy, () => hidden.data[0] ?? 0));
    },
  };
  const conditions = { width: 8, height: 8, cfgScale };
  const denoise = guide(model, {
    promptsAt: () => ({ positive, negative }),
    ...{ rescale: 0, usesUnguided, conditions },
  });
  const { guided, unguided } = await denoise(latent, 1);
  return { asked: asked.flat(), guided: guided.data[0], unguided: unguided.data[0] };
}

describe('guidance', () => {
  it('moves away from the negative prompt', async () => {
    expect(await guided(4, false)).toEqual({ asked: [negative, positive], guided: 9, unguided: 1 });
  });

  it('at a scale of 1 omits the negative prompt', async () => {
    expect(await guided(1, false)).toEqual({ asked: [positive], guided: 3, unguided: 3 });
  });

  it('at a scale of 1 uses it if the sampler needs it, as DDIM CFG++ at 12.5 / 12.5', async () => {
    expect(await guided(1, true)).toEqual({ asked: [negative, positive], guided: 3, unguided: 1 });
  });
});
