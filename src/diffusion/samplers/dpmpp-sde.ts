import { combine, type Latent, type WeightedLatent } from '../latent.js';
import type { Sampler, Sampling } from './sampler.js';
import { ancestralLevels, intervals } from './steps.js';

// Stochastic DPM-Solver++: Lu et al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic
// Models", in t = -log σ, with noise from a Brownian motion over the levels, as in k-diffusion's sampling.py.

/** A prediction, and h: the length in t of the step it was made for. */
type Prediction = { readonly denoised: Latent; readonly h: number };

/** DPM-Solver++ (SDE): k-diffusion's `sample_dpmpp_sde`. Two evaluations a step, with noise added to both. */
export const dpmppSde: Sampler = async function* (sampling) {
  const { denoise, sigmas, brownian, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    if (next === 0) {
      x = denoised;
      continue;
    }
    const middle = Math.sqrt(sigma * next);
    const first = ancestralLevels(sigma, middle, eta);
    const half = combine(
      [first.down / sigma, x],
      [1 - first.down / sigma, denoised],
      [noiseScale * first.up, brownian(sigma, middle)],
    );
    const second = ancestralLevels(sigma, next, eta);
    x = combine(
      [second.down / sigma, x],
      [1 - second.down / sigma, await denoise(half, middle)],
      [noiseScale * second.up, brownian(sigma, next)],
    );
  }
  return x;
};

/** DPM-Solver++(2M) SDE with the midpoint correction: the default of k-diffusion's `sample_dpmpp_2m_sde`. */
export const dpmpp2mSde: Sampler = (sampling) => sample2mSde('midpoint', sampling);

/** DPM-Solver++(2M) SDE with Heun's correction: k-diffusion's `sample_dpmpp_2m_sde` with `solver_type='heun'`. */
export const dpmpp2mSdeHeun: Sampler = (sampling) => sample2mSde('heun', sampling);

async function* sample2mSde(solver: 'midpoint' | 'heun', sampling: Sampling): ReturnType<Sampler> {
  const { denoise, sigmas, eta = 1 } = sampling;
  let x = sampling.latent;
  let previous: Prediction | undefined;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    if (next === 0) {
      x = denoised;
      continue;
    }
    const h = Math.log(sigma / next);
    const towards = -Math.expm1(-h * (1 + eta));
    const terms: WeightedLatent[] = [
      [(next / sigma) * Math.exp(-eta * h), x],
      [towards, denoised],
    ];
    if (previous) {
      const share = solver === 'heun' ? 1 - towards / (h * (1 + eta)) : towards / 2;
      const ratio = previous.h / h;
      terms.push([share / ratio, denoised], [-share / ratio, previous.denoised]);
    }
    x = combine(...terms, ...sdeNoise(sampling, sigma, next, h));
    previous = { denoised, h };
  }
  return x;
}

/** DPM-Solver++(3M) SDE, the third-order multistep method: k-diffusion's `sample_dpmpp_3m_sde`. */
export const dpmpp3mSde: Sampler = async function* (sampling) {
  const { denoise, sigmas, eta = 1 } = sampling;
  let x = sampling.latent;
  let last: Prediction | undefined;
  let lastButOne: Prediction | undefined;
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    if (next === 0) {
      x = denoised;
      continue;
    }
    const h = Math.log(sigma / next);
    const whole = h * (1 + eta);
    const phi2 = Math.expm1(-whole) / whole + 1;
    const phi3 = phi2 / whole - 0.5;
    const terms: WeightedLatent[] = [
      [Math.exp(-whole), x],
      [-Math.expm1(-whole), denoised],
    ];
    if (last && lastButOne) terms.push(...thirdOrderTerms({ denoised, h }, last, lastButOne, phi2, phi3));
    else if (last) terms.push([(phi2 * h) / last.h, denoised], [(-phi2 * h) / last.h, last.denoised]);
    x = combine(...terms, ...sdeNoise(sampling, sigma, next, h));
    lastButOne = last;
    last = { denoised, h };
  }
  return x;
};

/** What the first and second divided differences of three predictions add. */
function thirdOrderTerms(
  { denoised, h }: Prediction,
  last: Prediction,
  lastButOne: Prediction,
  phi2: number,
  phi3: number,
): WeightedLatent[] {
  const r0 = last.h / h;
  const r1 = lastButOne.h / h;
  const share = (phi2 * r0 - phi3) / (r0 + r1);
  /** Weights of the difference between the two newest predictions, and of that between the two before. */
  const newer = phi2 + share;
  const older = -share;
  return [
    [newer / r0, denoised],
    [-newer / r0 + older / r1, last.denoised],
    [-older / r1, lastButOne.denoised],
  ];
}

/** The noise that a step of length `h` adds; none where eta or the noise scale is 0. */
function sdeNoise(
  { brownian, eta = 1, noiseScale = 1 }: Sampling,
  sigma: number,
  next: number,
  h: number,
): WeightedLatent[] {
  const deviation = noiseScale * next * Math.sqrt(-Math.expm1(-2 * eta * h));
  return deviation > 0 ? [[deviation, brownian(sigma, next)]] : [];
}
