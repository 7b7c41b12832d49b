import { combine, type Latent } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';

/** How the change of the guess since the step before is taken into account. */
type Correction = 'midpoint' | 'heun';

/** {@link sampleBy} with the correction at the middle of the step, as web UIs have it by default. */
export const dpmpp2mSde: Sampler = (sampling) => sampleBy('midpoint', sampling);

/** {@link sampleBy} with the correction after Heun. */
export const dpmpp2mSdeHeun: Sampler = (sampling) => sampleBy('heun', sampling);

/**
 * DPM-Solver++(2M) with noise (SDE): Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion
 * Probabilistic Models", as k-diffusion's `sample_dpmpp_2m_sde`, in t = -log σ.
 */
async function* sampleBy(correction: Correction, sampling: Parameters<Sampler>[0]): ReturnType<Sampler> {
  const { denoise, sigmas, brownian, signal, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  let before: { readonly denoised: Latent; readonly h: number } | undefined;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    if (next === 0) {
      x = denoised;
      continue;
    }
    const h = Math.log(sigma / next);
    const towards = -Math.expm1(-h * (1 + eta));
    const terms: [number, Latent][] = [
      [(next / sigma) * Math.exp(-eta * h), x],
      [towards, denoised],
    ];
    if (before) {
      const share = correction === 'heun' ? 1 - towards / (h * (1 + eta)) : towards / 2;
      const ratio = before.h / h;
      terms.push([share / ratio, denoised], [-share / ratio, before.denoised]);
    }
    const deviation = noiseScale * next * Math.sqrt(-Math.expm1(-2 * eta * h));
    if (deviation > 0) terms.push([deviation, brownian(sigma, next)]);
    x = combine(...terms);
    before = { denoised, h };
  }
  return x;
}
