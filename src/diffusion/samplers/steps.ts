import { combine, type Latent, map, zip } from '../latent.js';
import type { SamplerRow, Sampling } from './sampler.js';

/** From one noise level to the next lower one. */
export type Interval = { readonly step: number; readonly sigma: number; readonly next: number };

/** The intervals between noise levels, with steps counted from 1. */
export function intervals(sigmas: readonly number[]): readonly Interval[] {
  return sigmas.slice(1).map((next, i) => ({ step: i + 1, sigma: sigmas[i] ?? 0, next }));
}

/** dx/dσ of the probability flow, (x - denoised) / σ: Karras et al. 2022, equation 3. It is also the predicted noise. */
export function slope(x: Latent, denoised: Latent, sigma: number): Latent {
  return zip(x, denoised, (noisy, clean) => (noisy - clean) / sigma);
}

/**
 * The latent that txt2img starts from: the noise scaled to the highest level. Timestep samplers (DDIM, PLMS, UniPC)
 * take it at unit variance in the model's own scale, where latents are divided by sqrt(1 + sigma^2).
 * @param noise of unit variance
 * @param sigma the highest noise level
 */
export function initialLatent(
  noise: Latent,
  sigma: number,
  { startsAtUnitVariance = false }: Pick<SamplerRow, 'startsAtUnitVariance'>,
): Latent {
  const scale = startsAtUnitVariance ? Math.hypot(1, sigma) : sigma;
  return map(noise, (value) => value * scale);
}

/**
 * Raises the noise level before a step by `churn`: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based
 * Generative Models", Algorithm 2. Nothing changes at the default churn of 0.
 */
export function addChurn(sampling: Sampling, x: Latent, sigma: number): { readonly x: Latent; readonly sigma: number } {
  const { sigmas, noise, churn = 0, churnFrom = 0, churnTo = Infinity, noiseScale = 1 } = sampling;
  if (churn === 0) return { x, sigma };
  const steps = sigmas.length - 1;
  const gamma = churnFrom <= sigma && sigma <= churnTo ? Math.min(churn / steps, Math.SQRT2 - 1) : 0;
  const raised = sigma * (1 + gamma);
  return { x: combine([1, x], [noiseScale * Math.sqrt(raised ** 2 - sigma ** 2), noise()]), sigma: raised };
}

/**
 * Splits an ancestral step: denoise `down` to a level below `next`, then come back with fresh noise of deviation `up`,
 * so that down² + up² = next². k-diffusion's `get_ancestral_step`.
 */
export function ancestralLevels(sigma: number, next: number, eta: number): { down: number; up: number } {
  const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
  return { down: Math.sqrt(next ** 2 - up ** 2), up };
}
