import { combine } from '../latent.js';
import { ancestralLevels } from './euler-ancestral.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * DPM-Solver++ (stochastic), as k-diffusion's `sample_dpmpp_sde`: Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided
 * Sampling of Diffusion Probabilistic Models", with two evaluations a step, both of which noise is added to.
 */
export const dpmppSde: Sampler = async function* (sampling) {
  const { denoise, sigmas, brownian, signal, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    if (next === 0) {
      x = denoised;
      continue;
    }
    const middle = Math.sqrt(sigma * next);
    const first = ancestralLevels(sigma, middle, eta);
    const half = combine(
      [first.down / sigma, x],
      [1 - first.down / sigma, denoised],
      [noiseScale * first.up, brownian(sigma, middle)],
    );
    const second = ancestralLevels(sigma, next, eta);
    x = combine(
      [second.down / sigma, x],
      [1 - second.down / sigma, await denoise(half, middle)],
      [noiseScale * second.up, brownian(sigma, next)],
    );
  }
  return x;
};
