import { zip } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * Ancestral sampling with Euler steps: each step goes below its goal and comes back up with fresh noise.
 * With `eta` 1 the levels are those of DDPM's posterior (Ho et al. 2020, "Denoising Diffusion Probabilistic
 * Models"; Song et al. 2021, "Denoising Diffusion Implicit Models", equation 16); the form in σ is k-diffusion's.
 */
export const eulerAncestral: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, signal, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    x = zip(x, denoised, (noisy, clean) => noisy + ((noisy - clean) / sigma) * (down - sigma));
    if (next > 0) x = zip(x, noise(), (value, fresh) => value + fresh * noiseScale * up);
  }
  return x;
};

/** Down to which level a step denoises, and how much fresh noise takes it `up` again, so that down² + up² = next². */
export function ancestralLevels(sigma: number, next: number, eta: number): { down: number; up: number } {
  const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
  return { down: Math.sqrt(next ** 2 - up ** 2), up };
}
