import { combine } from '../latent.js';
import { churned } from './churn.js';
import { intervals, type Sampler } from './sampler.js';
import { slope } from './slope.js';

/**
 * Heun's method, with optional churn: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
 * Models", Algorithm 2. Two evaluations a step, one for the last.
 */
export const heun: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const { x: start, raised } = churned(sampling, x, sigma);
    const denoised = await denoise(start, raised);
    yield { step, sigma: raised, denoised, noisy: start };
    const first = slope(start, denoised, raised);
    x = combine([1, start], [next - raised, first]);
    if (next === 0) continue;
    const second = slope(x, await denoise(x, next), next);
    x = combine([1, start], [(next - raised) / 2, first], [(next - raised) / 2, second]);
  }
  return x;
};
