import { combine, zip } from '../latent.js';
import type { Sampler } from './sampler.js';
import { addChurn, ancestralLevels, intervals } from './steps.js';

/**
 * Euler steps in σ, with optional churn: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based
 * Generative Models", Algorithm 2 without its second-order correction. Deterministic unless `churn` is above 0.
 */
export const euler: Sampler = async function* (sampling) {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const churned = addChurn(sampling, x, sigma);
    const denoised = await denoise(churned.x, churned.sigma);
    yield { step, sigma: churned.sigma, denoised, noisy: churned.x };
    const ratio = next / churned.sigma;
    x = combine([ratio, churned.x], [1 - ratio, denoised]);
  }
  return x;
};

/**
 * Ancestral sampling with Euler steps: each step goes below the next level and comes back up with fresh noise.
 * With `eta` 1 the levels are those of DDPM's posterior (Ho et al. 2020, "Denoising Diffusion Probabilistic
 * Models"; Song et al. 2021, "Denoising Diffusion Implicit Models", equation 16); the form in σ is k-diffusion's.
 */
export const eulerAncestral: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    x = zip(x, denoised, (noisy, clean) => noisy + ((noisy - clean) / sigma) * (down - sigma));
    if (next > 0) x = zip(x, noise(), (value, fresh) => value + fresh * noiseScale * up);
  }
  return x;
};
