import { combine, type Latent } from '../latent.js';
import { euler } from './euler.js';
import type { Denoise, Sampler } from './sampler.js';
import { ancestralLevels, slope } from './steps.js';

// Lu et al. 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model Sampling in Around 10 Steps", in
// t = -log σ. Both samplers choose the levels between the highest and the lowest themselves.

/** Levels closer than this in t count as one. */
const minSpan = 1e-5;

const relativeTolerance = 0.05;
const absoluteTolerance = 0.0078;
/** Length in t of the first step that the adaptive solver tries. */
const initialStepSize = 0.05;
/** A step is accepted unless the next one would have to be smaller by more than this factor. */
const minStepFactor = 0.81;

/**
 * DPM-Solver-fast: section 3.4. As many evaluations as there are intervals, in about a third as many steps, evenly
 * spaced in t; it ends on the lowest level above 0, as k-diffusion's `sample_dpm_fast`.
 */
export const dpmFast: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, eta = 0, noiseScale = 1 } = sampling;
  const { start, end } = rangeOf(sigmas);
  if (end - start < minSpan) return yield* euler(sampling);
  const solver = new DpmSolver(denoise);
  const orders = dpmFastOrders(sigmas.length - 1);
  let x = sampling.latent;
  for (const [index, order] of orders.entries()) {
    const t = start + ((end - start) * index) / orders.length;
    const next = start + ((end - start) * (index + 1)) / orders.length;
    const predicted = await solver.predict(x, sigmaAt(t));
    yield { step: index + 1, sigma: sigmaAt(t), denoised: combine([1, x], [-sigmaAt(t), predicted]), noisy: x };
    const { to, up } = ancestralEnd(t, next, end, eta);
    if (order === 1) x = solver.first(x, t, to, predicted);
    else if (order === 2) x = (await solver.second(x, t, to, predicted)).x;
    else x = await solver.third(x, t, to, predicted);
    if (up > 0) x = combine([1, x], [noiseScale * up, noise()]);
  }
  return x;
};

/** The orders of DPM-Solver-fast's steps, which add up to the number of evaluations. */
export function dpmFastOrders(evaluations: number): readonly (1 | 2 | 3)[] {
  const whole = Math.floor(evaluations / 3);
  const rest = evaluations % 3;
  if (rest === 0) return [...new Array<3>(Math.max(whole - 1, 0)).fill(3), 2, 1];
  return [...new Array<3>(whole).fill(3), rest === 1 ? 1 : 2];
}

/**
 * DPM-Solver-12/23 with adaptive steps: appendix C, with the tolerances of k-diffusion's `sample_dpm_adaptive`. The
 * number of steps does not depend on that of the schedule. Rejected steps are tried again and not reported.
 */
export const dpmAdaptive: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, eta = 0, noiseScale = 1 } = sampling;
  const { start, end } = rangeOf(sigmas);
  if (end - start < minSpan) return yield* euler(sampling);
  const solver = new DpmSolver(denoise);
  const order = eta > 0 ? 1.5 : 3;
  let x = sampling.latent;
  let previous = x;
  let size = initialStepSize;
  let step = 0;
  for (let s = start; s < end - minSpan; ) {
    const predicted = await solver.predict(x, sigmaAt(s));
    yield { step: ++step, sigma: sigmaAt(s), denoised: combine([1, x], [-sigmaAt(s), predicted]), noisy: x };
    for (let isAccepted = false; !isAccepted; ) {
      const t = Math.min(end, s + size);
      const { to, up } = ancestralEnd(s, t, end, eta);
      const low = await solver.second(x, s, to, predicted, 1 / 3);
      const high = await solver.third(x, s, to, predicted, low.noise);
      // 1 + atan(x - 1) limits how much the size changes from one step to the next.
      const factor = 1 + Math.atan((1 / (errorOf(low.x, high, previous) + 1e-8)) ** (1 / order) - 1);
      // NaN, which networks in half precision may return, counts as accepted: else the loop would never end.
      isAccepted = !(factor < minStepFactor);
      size *= factor;
      if (!isAccepted) continue;
      previous = low.x;
      x = up > 0 ? combine([1, high], [noiseScale * up, noise()]) : high;
      s = t;
    }
  }
  return x;
};

/** Distance between two solutions, in units of the tolerance. */
function errorOf(low: Latent, high: Latent, previous: Latent): number {
  let sum = 0;
  for (let i = 0; i < low.data.length; i++) {
    const value = low.data[i] ?? 0;
    const scale = Math.max(Math.abs(value), Math.abs(previous.data[i] ?? 0));
    sum += ((value - (high.data[i] ?? 0)) / Math.max(absoluteTolerance, relativeTolerance * scale)) ** 2;
  }
  return Math.sqrt(sum / low.data.length);
}

/** The steps of first, second and third order: Algorithms 1 and 2. */
class DpmSolver {
  readonly #denoise: Denoise;

  constructor(denoise: Denoise) {
    this.#denoise = denoise;
  }

  /** The noise in `x`. */
  async predict(x: Latent, sigma: number): Promise<Latent> {
    return slope(x, await this.#denoise(x, sigma), sigma);
  }

  /** From `t` to `next`, with the noise predicted at `t`. */
  first(x: Latent, t: number, next: number, noise: Latent): Latent {
    return combine([1, x], [-sigmaAt(next) * Math.expm1(next - t), noise]);
  }

  /**
   * With a second prediction at `part` of the step.
   * @returns the latent, and the second prediction for use by {@link third}
   */
  async second(x: Latent, t: number, next: number, noise: Latent, part = 1 / 2): Promise<{ x: Latent; noise: Latent }> {
    const between = await this.#between(x, t, next, noise, part);
    const weight = (sigmaAt(next) * Math.expm1(next - t)) / (2 * part);
    return { x: combine([1, this.first(x, t, next, noise)], [-weight, between], [weight, noise]), noise: between };
  }

  /** With predictions at one and two thirds of the step; the former can be passed as `firstThird`. */
  async third(x: Latent, t: number, next: number, noise: Latent, firstThird?: Latent): Promise<Latent> {
    const [r1, r2] = [1 / 3, 2 / 3];
    const h = next - t;
    const early = firstThird ?? (await this.#between(x, t, next, noise, r1));
    const s2 = t + r2 * h;
    const bend = ((sigmaAt(s2) * r2) / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
    const place = combine([1, this.first(x, t, s2, noise)], [-bend, early], [bend, noise]);
    const late = await this.predict(place, sigmaAt(s2));
    const weight = (sigmaAt(next) / r2) * (Math.expm1(h) / h - 1);
    return combine([1, this.first(x, t, next, noise)], [-weight, late], [weight, noise]);
  }

  async #between(x: Latent, t: number, next: number, noise: Latent, part: number): Promise<Latent> {
    const s = t + part * (next - t);
    return await this.predict(this.first(x, t, s, noise), sigmaAt(s));
  }
}

function sigmaAt(t: number): number {
  return Math.exp(-t);
}

/** Where a step has to end, not beyond `end`, so that fresh noise of deviation `up` takes it back to `next`. */
function ancestralEnd(t: number, next: number, end: number, eta: number): { to: number; up: number } {
  if (eta === 0) return { to: next, up: 0 };
  const goal = sigmaAt(next);
  const to = Math.min(end, -Math.log(ancestralLevels(sigmaAt(t), goal, eta).down));
  return { to, up: Math.sqrt(Math.max(goal ** 2 - sigmaAt(to) ** 2, 0)) };
}

/** The first and the lowest level above 0 of a schedule, as t. */
function rangeOf(sigmas: readonly number[]): { readonly start: number; readonly end: number } {
  const positive = sigmas.filter((sigma) => sigma > 0);
  return { start: -Math.log(positive[0] ?? 1), end: -Math.log(positive.at(-1) ?? 1) };
}
