import { combine, type Latent } from '../latent.js';
import { intervals, type Sampler } from './sampler.js';
import { slope } from './slope.js';

const order = 4;

/**
 * A linear multistep method in σ with variable steps: the slopes of up to four levels are taken for a polynomial, which
 * is integrated (Adams and Bashforth 1883; as k-diffusion's `sample_lms`).
 */
export const lms: Sampler = async function* (sampling) {
  const { denoise, sigmas, signal } = sampling;
  let x = sampling.latent;
  /** the newest first */
  const slopes: { readonly sigma: number; readonly value: Latent }[] = [];
  for (const { step, sigma, next } of intervals(sigmas, signal)) {
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    slopes.unshift({ sigma, value: slope(x, denoised, sigma) });
    slopes.length = Math.min(slopes.length, order);
    const levels = slopes.map((each) => each.sigma);
    const terms = slopes.map(({ value }, index) => [basisIntegral(levels, index, sigma, next), value] as const);
    x = combine([1, x], ...terms);
  }
  return x;
};

/**
 * The integral from `from` to `to` of the Lagrange polynomial that is 1 at `levels[index]` and 0 at the others: exact by
 * Gauss and Legendre's rule with two points, because the degree is at most 3.
 */
function basisIntegral(levels: readonly number[], index: number, from: number, to: number): number {
  const own = levels[index] ?? Number.NaN;
  const others = levels.filter((_, i) => i !== index);
  const valueAt = (sigma: number) => others.reduce((product, level) => (product * (sigma - level)) / (own - level), 1);
  const middle = (from + to) / 2;
  const offset = (to - from) / 2 / Math.sqrt(3);
  return ((to - from) / 2) * (valueAt(middle - offset) + valueAt(middle + offset));
}
