import { combine } from '../latent.js';
import { ancestralLevels, eulerAncestral } from './euler-ancestral.js';
import { intervals, type Sampler } from './sampler.js';

/**
 * DDIM: Song et al. 2021, "Denoising Diffusion Implicit Models", equation 12. In σ its σₜ is the fresh noise of an
 * ancestral step, so that the whole is an ancestral Euler step of which `eta` 0 is the rule.
 */
export const ddim: Sampler = (sampling) => eulerAncestral({ ...sampling, eta: sampling.eta ?? 0 });

/** DDPM: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", Algorithm 2: the same with all the posterior's noise. */
export const ddpm: Sampler = (sampling) => eulerAncestral({ ...sampling, eta: sampling.eta ?? 1 });

/**
 * DDIM with CFG++: Chung et al. 2024, "CFG++: Manifold-constrained Classifier Free Guidance for Diffusion Models",
 * Algorithm 2. It goes to the guided guess and back by the noise that the unguided one predicts.
 */
export const ddimCfgPlusPlus: Sampler = async function* (sampling) {
  const { denoiseBoth, sigmas, noise, signal, eta = 0, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const { guided, unguided } = await denoiseBoth(x, sigma);
    yield { step, sigma, denoised: guided, noisy: x };
    const { down, up } = ancestralLevels(sigma, next, eta);
    const back = down / sigma;
    x = combine([1, guided], [back, x], [-back, unguided]);
    if (up > 0) x = combine([1, x], [noiseScale * up, noise()]);
  }
  return x;
};
