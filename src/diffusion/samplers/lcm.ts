import { combine } from '../latent.js';
import type { Sampler } from './sampler.js';
import { intervals } from './steps.js';

/** Standard deviation of the data, with which latent consistency models are trained. */
const dataDeviation = 0.5;
/** How fast the boundary condition fades with the timestep, in training. */
const timestepScaling = 10;

/**
 * Multistep consistency sampling: Luo et al. 2023, "Latent Consistency Models", Algorithm 3. Each step takes the
 * consistency model's prediction and adds fresh noise of the next level.
 */
export const lcm: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, timestepAt, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const scaled = timestepAt(sigma) * timestepScaling;
    const skip = dataDeviation ** 2 / (scaled ** 2 + dataDeviation ** 2);
    const out = scaled / Math.sqrt(scaled ** 2 + dataDeviation ** 2);
    // The boundary condition is defined for latents of unit variance.
    const denoised = combine([out, await denoise(x, sigma)], [skip / Math.sqrt(1 + sigma ** 2), x]);
    yield { step, sigma, denoised, noisy: x };
    x = next > 0 ? combine([1, denoised], [next * noiseScale, noise()]) : denoised;
  }
  return x;
};
