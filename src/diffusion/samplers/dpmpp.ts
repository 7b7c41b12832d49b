import { combine, type Latent } from '../latent.js';
import type { Sampler } from './sampler.js';
import { ancestralLevels, intervals } from './steps.js';

/**
 * DPM-Solver++(2S): Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models",
 * Algorithm 1, with ancestral steps as in k-diffusion's `sample_dpmpp_2s_ancestral`.
 */
export const dpmpp2sAncestral: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
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

/**
 * DPM-Solver++(2M): Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models",
 * Algorithm 2, in t = -log σ.
 */
export const dpmpp2m: Sampler = async function* (sampling) {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  let previous: { readonly denoised: Latent; readonly sigma: number } | undefined;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const ratio = next / sigma;
    let extrapolated = denoised;
    if (previous && next > 0) {
      const r = Math.log(previous.sigma / sigma) / Math.log(sigma / next);
      extrapolated = combine([1 + 1 / (2 * r), denoised], [-1 / (2 * r), previous.denoised]);
    }
    x = combine([ratio, x], [1 - ratio, extrapolated]);
    previous = { denoised, sigma };
  }
  return x;
};
