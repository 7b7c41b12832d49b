import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readModelFolder } from '#src/diffusion/networks/model-folder.js';
import { planPasses } from '#src/diffusion/passes.js';
import { batchOf } from '../helpers/batch.js';

const folder = await readModelFolder(fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url)));
const picture = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) };

it('lets Brownian noise reach the last level of schedules that do not end on 0', () => {
  const [pass] = planPasses(batchOf({ sampler: 'DPM++ 2M SDE', scheduler: 'KL Optimal', steps: 5 }), folder);
  expect(pass?.sigmas.at(-1)).toBeGreaterThan(0);
  expect(pass?.lowestSigma).toBe(pass?.sigmas.at(-1));
});

describe('img2img with DDIM', () => {
  // 60 of 1000 timesteps are 63, of which the web UI takes the noise level of number ⌊strength · 60⌋ from below.
  it.each([
    [0.5, 481],
    [0.75, 721],
    [1, 945],
    [0, 1],
  ])('at a strength of %s starts at timestep %s', (denoisingStrength, timestep) => {
    const request = batchOf({ sampler: 'DDIM', steps: 60, start: { picture, denoisingStrength } });
    const [pass] = planPasses(request, folder);
    expect(pass?.sigmas[0]).toBe(folder.trainingSigmas[timestep]);
  });

  it('takes all steps of a hires pass', () => {
    const hires = { ...batchOf({ sampler: 'DDIM', steps: 60 }), upscaler: 'Latent', denoisingStrength: 0.4 } as const;
    const [, pass] = planPasses(batchOf({ hires }), folder);
    expect(pass).toMatchObject({ steps: 60, exact: true });
  });
});
