import { combine, type Latent } from '../latent.js';
import type { Denoise, Sampler, Sampling } from './sampler.js';
import { addChurn, ancestralLevels, intervals, slope } from './steps.js';

/**
 * Heun's method, with optional churn: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
 * Models", Algorithm 2. Two evaluations a step, one for the last.
 */
export const heun: Sampler = (sampling) => sampleBy(heunStep, sampling);

/**
 * DPM-Solver-2, with optional churn: Lu et al. 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model
 * Sampling in Around 10 Steps"; with the slope at the geometric mean of both levels, as k-diffusion's.
 */
export const dpm2: Sampler = (sampling) => sampleBy(midpointStep, sampling);

async function* sampleBy(takeStep: typeof heunStep, sampling: Sampling): ReturnType<Sampler> {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const churned = addChurn(sampling, x, sigma);
    const denoised = await denoise(churned.x, churned.sigma);
    yield { step, sigma: churned.sigma, denoised, noisy: churned.x };
    x = await takeStep(denoise, churned.x, denoised, churned.sigma, next);
  }
  return x;
}

/** {@link dpm2} with ancestral steps, as k-diffusion's `sample_dpm_2_ancestral`. */
export const dpm2Ancestral: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    x = await midpointStep(denoise, x, denoised, sigma, down);
    if (next > 0) x = combine([1, x], [noiseScale * up, noise()]);
  }
  return x;
};

/** A step by the mean of the slopes at its two ends; an Euler step where it ends at 0. */
export async function heunStep(
  denoise: Denoise,
  x: Latent,
  denoised: Latent,
  sigma: number,
  next: number,
): Promise<Latent> {
  const first = slope(x, denoised, sigma);
  const ahead = combine([1, x], [next - sigma, first]);
  if (next === 0) return ahead;
  const second = slope(ahead, await denoise(ahead, next), next);
  return combine([1, x], [(next - sigma) / 2, first], [(next - sigma) / 2, second]);
}

/** A step by the slope at the geometric mean of its two levels; an Euler step where it ends at 0. */
async function midpointStep(
  denoise: Denoise,
  x: Latent,
  denoised: Latent,
  sigma: number,
  next: number,
): Promise<Latent> {
  const first = slope(x, denoised, sigma);
  if (next === 0) return combine([1, x], [-sigma, first]);
  const middle = Math.sqrt(sigma * next);
  const half = combine([1, x], [middle - sigma, first]);
  return combine([1, x], [next - sigma, slope(half, await denoise(half, middle), middle)]);
}
