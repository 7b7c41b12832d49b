import { combine } from '../latent.js';
import { churned } from './churn.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * Euler steps in σ, with optional churn: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based
 * Generative Models", Algorithm 2 without its second-order correction. Deterministic unless `churn` is above 0.
 */
export const euler: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const start = churned(sampling, x, sigma);
    const denoised = await denoise(start.x, start.raised);
    yield { step, sigma: start.raised, denoised, noisy: start.x };
    const ratio = next / start.raised;
    x = combine([ratio, start.x], [1 - ratio, denoised]);
  }
  return x;
};
