import { combine } from '../latent.js';
import { eulerAncestral } from './euler.js';
import type { Sampler } from './sampler.js';
import { ancestralLevels, intervals } from './steps.js';

/**
 * DDIM: Song et al. 2021, "Denoising Diffusion Implicit Models", equation 12. In σ, the paper's σₜ is the fresh noise of
 * an ancestral step, so DDIM is an ancestral Euler step with a default `eta` of 0.
 */
export const ddim: Sampler = (sampling) => eulerAncestral({ ...sampling, eta: sampling.eta ?? 0 });

/** DDPM: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", Algorithm 2: the same with a default `eta` of 1. */
export const ddpm: Sampler = (sampling) => eulerAncestral({ ...sampling, eta: sampling.eta ?? 1 });

/**
 * DDIM with CFG++: Chung et al. 2024, "CFG++: Manifold-constrained Classifier Free Guidance for Diffusion Models",
 * Algorithm 2. Denoises by the guided prediction and renoises by the unguided one.
 */
export const ddimCfgPlusPlus: Sampler = async function* (sampling) {
  const { denoiseBoth, sigmas, noise, eta = 0, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const { guided, unguided } = await denoiseBoth(x, sigma);
    yield { step, sigma, denoised: guided, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    const ratio = down / sigma;
    x = combine([1, guided], [ratio, x], [-ratio, unguided]);
    if (up > 0) x = combine([1, x], [noiseScale * up, noise()]);
  }
  return x;
};
