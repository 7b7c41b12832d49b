import { combine, type Latent } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';
import { slope } from './slope.js';

/** Weights of the newest prediction and of those before it, by how many there are: Adams and Bashforth. */
const weights = [[], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]] as const;

/**
 * PLMS: Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds", as the web UIs have it: a
 * linear multistep method on the predicted noise, begun by one improved Euler step, with the transfer of DDIM, which is
 * a straight line in σ.
 */
export const plms: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  /** predicted noise, the newest first */
  const predicted: Latent[] = [];
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const noise = slope(x, denoised, sigma);
    predicted.unshift(noise);
    predicted.length = Math.min(predicted.length, 4);
    const row = weights[predicted.length - 1] ?? [];
    let direction = noise;
    if (row.length > 0) direction = combine(...row.map((weight, i) => [weight, predicted[i] ?? noise] as const));
    else if (next > 0) {
      const ahead = combine([1, x], [next - sigma, noise]);
      direction = combine([1 / 2, noise], [1 / 2, slope(ahead, await denoise(ahead, next), next)]);
    }
    x = combine([1, x], [next - sigma, direction]);
  }
  return x;
};
