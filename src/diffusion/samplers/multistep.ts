import { combine, type Latent } from '../latent.js';
import type { Sampler } from './sampler.js';
import { intervals, slope } from './steps.js';

const lmsOrder = 4;

/**
 * LMS: a linear multistep method in σ with variable steps. The slopes of up to four levels are interpolated by a
 * polynomial, which is integrated (Adams and Bashforth 1883; as k-diffusion's `sample_lms`).
 */
export const lms: Sampler = async function* (sampling) {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  /** Newest first. */
  const slopes: { readonly sigma: number; readonly value: Latent }[] = [];
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    slopes.unshift({ sigma, value: slope(x, denoised, sigma) });
    slopes.length = Math.min(slopes.length, lmsOrder);
    const levels = slopes.map((each) => each.sigma);
    const terms = slopes.map(({ value }, index) => [lagrangeIntegral(levels, index, sigma, next), value] as const);
    x = combine([1, x], ...terms);
  }
  return x;
};

/**
 * The integral from `from` to `to` of the Lagrange polynomial that is 1 at `levels[index]` and 0 at the others, by
 * Gauss-Legendre quadrature with two points: exact, because the degree is at most 3.
 */
function lagrangeIntegral(levels: readonly number[], index: number, from: number, to: number): number {
  const own = levels[index] ?? Number.NaN;
  const others = levels.filter((_, i) => i !== index);
  const valueAt = (sigma: number) => others.reduce((product, level) => (product * (sigma - level)) / (own - level), 1);
  const middle = (from + to) / 2;
  const offset = (to - from) / 2 / Math.sqrt(3);
  return ((to - from) / 2) * (valueAt(middle - offset) + valueAt(middle + offset));
}

/** Adams-Bashforth weights, newest prediction first, by the number of predictions. */
const adamsBashforth = [
  [],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const;

/**
 * PLMS: Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds", as in AUTOMATIC1111's web UI: a
 * linear multistep method on the predicted noise, started by one improved Euler step, with DDIM's transfer, which is a
 * straight line in σ.
 */
export const plms: Sampler = async function* (sampling) {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  /** Predicted noise, newest first. */
  const predicted: Latent[] = [];
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    const noise = slope(x, denoised, sigma);
    predicted.unshift(noise);
    predicted.length = Math.min(predicted.length, adamsBashforth.length);
    const weights = adamsBashforth[predicted.length - 1] ?? [];
    let direction = noise;
    if (weights.length > 0)
      direction = combine(...weights.map((weight, i) => [weight, predicted[i] ?? noise] as const));
    else if (next > 0) {
      const ahead = combine([1, x], [next - sigma, noise]);
      direction = combine([1 / 2, noise], [1 / 2, slope(ahead, await denoise(ahead, next), next)]);
    }
    x = combine([1, x], [next - sigma, direction]);
  }
  return x;
};

const deisOrder = 3;
/** With fewer steps than this, the last steps are of lower order: the one to the lowest level is long in log σ then. */
const deisShortRun = 15;

/**
 * DEIS: Zhang and Chen 2022, "Fast Sampling of Diffusion Models with Exponential Integrator". The predicted noise of up
 * to three levels is interpolated by a polynomial of log σ (their "ρAB-DEIS" in log ρ, as diffusers'
 * `DEISMultistepScheduler`).
 */
export const deis: Sampler = async function* (sampling) {
  const { denoise, sigmas } = sampling;
  let x = sampling.latent;
  const stepsAboveZero = sigmas.filter((sigma) => sigma > 0).length - 1;
  const isShort = sigmas.length - 1 < deisShortRun;
  /** Newest first. */
  const predictions: { readonly sigma: number; readonly noise: Latent }[] = [];
  for (const { step, sigma, next } of intervals(sigmas)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    predictions.unshift({ sigma, noise: slope(x, denoised, sigma) });
    const maxOrder = next === 0 ? 1 : isShort ? Math.min(deisOrder, stepsAboveZero - step + 1) : deisOrder;
    predictions.length = Math.min(predictions.length, maxOrder);
    const logs = predictions.map((each) => Math.log(each.sigma));
    const terms = predictions.map(
      ({ noise }, index) => [logLagrangeIntegral(logs, index, sigma, next), noise] as const,
    );
    x = combine([1, x], ...terms);
  }
  return x;
};

/** The integral over σ of the polynomial of log σ that is 1 at `logs[index]` and 0 at the others. */
function logLagrangeIntegral(logs: readonly number[], index: number, from: number, to: number): number {
  const own = logs[index] ?? Number.NaN;
  const [a, b] = logs.filter((_, i) => i !== index);
  const upper = antiderivatives(to);
  const lower = antiderivatives(from);
  const zeroth = upper[0] - lower[0];
  const first = upper[1] - lower[1];
  const second = upper[2] - lower[2];
  if (a === undefined) return zeroth;
  if (b === undefined) return (first - a * zeroth) / (own - a);
  return (second - (a + b) * first + a * b * zeroth) / ((own - a) * (own - b));
}

/** ∫ u^n dσ with u = log σ, for n = 0, 1, 2. */
function antiderivatives(sigma: number): readonly [number, number, number] {
  const u = Math.log(sigma);
  return sigma === 0 ? [0, 0, 0] : [sigma, sigma * (u - 1), sigma * (u ** 2 - 2 * u + 2)];
}
