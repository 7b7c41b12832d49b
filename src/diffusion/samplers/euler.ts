import { zip } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * Euler steps in σ, with optional churn: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based
 * Generative Models", Algorithm 2 without its second-order correction. Deterministic unless `churn` is above 0.
 */
export const euler: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, signal, churn = 0, churnFrom = 0, churnTo = Infinity, noiseScale = 1 } = sampling;
  const steps = sigmas.length - 1;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const gamma = churnFrom <= sigma && sigma <= churnTo ? Math.min(churn / steps, Math.SQRT2 - 1) : 0;
    const raised = sigma * (1 + gamma);
    if (churn > 0) {
      const added = noiseScale * Math.sqrt(raised ** 2 - sigma ** 2);
      x = zip(x, noise(), (value, fresh) => value + fresh * added);
    }
    const denoised = await denoise(x, raised);
    yield { step, sigma: raised, denoised, noisy: x };
    x = zip(x, denoised, (noisy, clean) => noisy + ((noisy - clean) / raised) * (next - raised));
  }
  return x;
};
