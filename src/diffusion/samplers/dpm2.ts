import { combine } from '../latent.js';
import { churned } from './churn.js';
import { ancestralLevels } from './euler-ancestral.js';
import { intervals, type Sampler } from './sampler.js';
import { slope } from './slope.js';

/**
 * DPM-Solver-2, with optional churn: Lu et al. 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model
 * Sampling in Around 10 Steps"; with the slope at the geometric middle of the step, as k-diffusion's.
 */
export const dpm2: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const { x: start, raised } = churned(sampling, x, sigma);
    const denoised = await denoise(start, raised);
    yield { step, sigma: raised, denoised, noisy: start };
    const first = slope(start, denoised, raised);
    if (next === 0) x = combine([1, start], [-raised, first]);
    else {
      const middle = Math.sqrt(raised * next);
      const half = combine([1, start], [middle - raised, first]);
      x = combine([1, start], [next - raised, slope(half, await denoise(half, middle), middle)]);
    }
  }
  return x;
};

/** The same, down to a level below the next one, and up again by fresh noise, as in ancestral sampling. */
export const dpm2Ancestral: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, signal, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    const first = slope(x, denoised, sigma);
    if (down === 0) x = combine([1, x], [-sigma, first]);
    else {
      const middle = Math.sqrt(sigma * down);
      const half = combine([1, x], [middle - sigma, first]);
      x = combine([1, x], [down - sigma, slope(half, await denoise(half, middle), middle)]);
    }
    if (next > 0) x = combine([1, x], [noiseScale * up, noise()]);
  }
  return x;
};
