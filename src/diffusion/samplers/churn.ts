import { combine, type Latent } from '../latent.js';
import type { Sampling } from './sampler.js';

/**
 * Raises the noise level before a step: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative
 * Models", Algorithm 2. Nothing is raised unless `churn` is above 0.
 */
export function churned(sampling: Sampling, x: Latent, sigma: number): { readonly x: Latent; readonly raised: number } {
  const { sigmas, noise, churn = 0, churnFrom = 0, churnTo = Infinity, noiseScale = 1 } = sampling;
  if (churn === 0) return { x, raised: sigma };
  const steps = sigmas.length - 1;
  const gamma = churnFrom <= sigma && sigma <= churnTo ? Math.min(churn / steps, Math.SQRT2 - 1) : 0;
  const raised = sigma * (1 + gamma);
  return { x: combine([1, x], [noiseScale * Math.sqrt(raised ** 2 - sigma ** 2), noise()]), raised };
}
