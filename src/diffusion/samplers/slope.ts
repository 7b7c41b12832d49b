import { type Latent, zip } from '../latent.js';

/** dx/dσ of the probability flow, (x - denoised) / σ: Karras et al. 2022, equation 3. It is also the predicted noise. */
export function slope(x: Latent, denoised: Latent, sigma: number): Latent {
  return zip(x, denoised, (noisy, clean) => (noisy - clean) / sigma);
}
