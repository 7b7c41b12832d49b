import { type Latent, map } from '../latent.js';
import type { SamplerRow } from './index.js';

/**
 * The latent that txt2img starts from. k-diffusion's samplers take the noise times the highest level; those that count
 * timesteps take it as it is, in the scale in which models see latents: divided by sqrt(1 + sigma^2).
 * @param noise of unit variance
 * @param sigma the highest level
 */
export function initialLatent(
  noise: Latent,
  sigma: number,
  { startsAtUnitVariance = false }: Pick<SamplerRow, 'startsAtUnitVariance'>,
): Latent {
  const scale = startsAtUnitVariance ? Math.hypot(1, sigma) : sigma;
  return map(noise, (value) => value * scale);
}
