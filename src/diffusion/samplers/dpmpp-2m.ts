import { combine, type Latent } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * DPM-Solver++(2M): Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models",
 * Algorithm 2, in t = -log σ.
 */
export const dpmpp2m: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  let before: { readonly denoised: Latent; readonly sigma: number } | undefined;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const ratio = next / sigma;
    if (before && next > 0) {
      const r = Math.log(before.sigma / sigma) / Math.log(sigma / next);
      const ahead = combine([1 + 1 / (2 * r), denoised], [-1 / (2 * r), before.denoised]);
      x = combine([ratio, x], [1 - ratio, ahead]);
    } else x = combine([ratio, x], [1 - ratio, denoised]);
    before = { denoised, sigma };
  }
  return x;
};
