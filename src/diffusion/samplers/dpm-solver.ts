import { combine, type Latent } from '../latent.js';
import { ancestralLevels } from './euler-ancestral.js';
import type { Denoise } from './sampler.js';
import { slope } from './slope.js';

/** Noise that the model predicts at places between the start and the end of a step. */
type Prediction = { readonly x: Latent; readonly noise: Latent };

/**
 * The steps of DPM-Solver: Lu et al. 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model Sampling in
 * Around 10 Steps", Algorithms 1 and 2, in t = -log σ.
 */
export class DpmSolver {
  readonly #denoise: Denoise;

  constructor(denoise: Denoise) {
    this.#denoise = denoise;
  }

  async predict(x: Latent, sigma: number): Promise<Latent> {
    return slope(x, await this.#denoise(x, sigma), sigma);
  }

  /** From `t` to `next`, with the noise predicted at `t`. */
  first(x: Latent, t: number, next: number, noise: Latent): Latent {
    return combine([1, x], [-sigmaAt(next) * Math.expm1(next - t), noise]);
  }

  /** With a further prediction at `part` of the step, which can be used again. */
  async second(x: Latent, t: number, next: number, noise: Latent, part = 1 / 2): Promise<Prediction> {
    const between = await this.#between(x, t, next, noise, part);
    const weight = (sigmaAt(next) * Math.expm1(next - t)) / (2 * part);
    return { x: combine([1, this.first(x, t, next, noise)], [-weight, between], [weight, noise]), noise: between };
  }

  /** With predictions at one and two thirds of the step; `firstThird` where it is known. */
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

/** The noise level at t = -log σ. */
export function sigmaAt(t: number): number {
  return Math.exp(-t);
}

/** Where a step has to end so that fresh noise takes it up to `next`, and how much of it; not beyond `end`. */
export function ancestralEnd(t: number, next: number, end: number, eta: number): { to: number; up: number } {
  if (eta === 0) return { to: next, up: 0 };
  const goal = sigmaAt(next);
  const to = Math.min(end, -Math.log(ancestralLevels(sigmaAt(t), goal, eta).down));
  return { to, up: Math.sqrt(Math.max(goal ** 2 - sigmaAt(to) ** 2, 0)) };
}

/** Levels that are nearer to each other than this, in -log σ, are one. */
export const nothing = 1e-5;

/** The first and the lowest level above 0 of a schedule, as t = -log σ: these solvers choose the levels between. */
export function rangeOf(sigmas: readonly number[]): { readonly start: number; readonly end: number } {
  const positive = sigmas.filter((sigma) => sigma > 0);
  return { start: -Math.log(positive[0] ?? 1), end: -Math.log(positive.at(-1) ?? 1) };
}
