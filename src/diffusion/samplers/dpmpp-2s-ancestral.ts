import { combine } from '../latent.js';
import { ancestralLevels } from './euler-ancestral.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * DPM-Solver++(2S): Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models",
 * Algorithm 1, with ancestral steps as in k-diffusion.
 */
export const dpmpp2sAncestral: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, signal, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    if (down === 0) x = denoised;
    else {
      const middle = Math.sqrt(sigma * down);
      const half = combine([middle / sigma, x], [1 - middle / sigma, denoised]);
      x = combine([down / sigma, x], [1 - down / sigma, await denoise(half, middle)]);
    }
    if (next > 0) x = combine([1, x], [noiseScale * up, noise()]);
  }
  return x;
};
