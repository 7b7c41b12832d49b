import { combine, type Latent } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';

type Guess = { readonly denoised: Latent; readonly h: number };

/**
 * DPM-Solver++(3M) with noise (SDE), as k-diffusion's `sample_dpmpp_3m_sde`: the third-order multistep method of Lu et
 * al. 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models", in t = -log σ.
 */
export const dpmpp3mSde: Sampler = async function* (sampling) {
  const { denoise, sigmas, brownian, signal, eta = 1, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  let last: Guess | undefined;
  let lastButOne: Guess | undefined;
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
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
    const terms: [number, Latent][] = [
      [Math.exp(-whole), x],
      [-Math.expm1(-whole), denoised],
    ];
    if (last && lastButOne) terms.push(...thirdOrder(denoised, last, lastButOne, h, phi2, phi3));
    else if (last) terms.push([(phi2 * h) / last.h, denoised], [(-phi2 * h) / last.h, last.denoised]);
    const deviation = noiseScale * next * Math.sqrt(-Math.expm1(-2 * eta * h));
    if (deviation > 0) terms.push([deviation, brownian(sigma, next)]);
    x = combine(...terms);
    lastButOne = last;
    last = { denoised, h };
  }
  return x;
};

/** What the first and second differences of three guesses add. */
function thirdOrder(
  denoised: Latent,
  last: Guess,
  lastButOne: Guess,
  h: number,
  phi2: number,
  phi3: number,
): [number, Latent][] {
  const r0 = last.h / h;
  const r1 = lastButOne.h / h;
  // Divided differences: a between the two newest guesses, b between the two before.
  const share = (phi2 * r0 - phi3) / (r0 + r1);
  const ofA = phi2 + share;
  const ofB = -share;
  return [
    [ofA / r0, denoised],
    [-ofA / r0 + ofB / r1, last.denoised],
    [-ofB / r1, lastButOne.denoised],
  ];
}
