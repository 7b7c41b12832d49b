import { combine, type Latent } from '../latent.js';
import { ancestralEnd, DpmSolver, nothing, rangeOf, sigmaAt } from './dpm-solver.js';
import { euler } from './euler.js';
import type { Sampler } from './sampler.js';

const relativeTolerance = 0.05;
const absoluteTolerance = 0.0078;
const firstSize = 0.05;
/** A step is taken unless the next one would have to be smaller by more than this. */
const acceptance = 0.81;

/**
 * DPM-Solver-12/23 with adaptive steps: Lu et al. 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model
 * Sampling in Around 10 Steps", appendix C, with k-diffusion's tolerances. It chooses its steps itself, from the
 * highest level to the lowest: their number has nothing to do with that of the schedule. Steps that were not good enough
 * are taken again, and not reported.
 */
export const dpmAdaptive: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, signal, eta = 0, noiseScale = 1 } = sampling;
  const solver = new DpmSolver(denoise);
  const { start, end } = rangeOf(sigmas);
  if (end - start < nothing) return yield* euler(sampling);
  const order = eta > 0 ? 1.5 : 3;
  let x = sampling.latent;
  let before = x;
  let size = firstSize;
  let step = 0;
  for (let s = start; s < end - nothing; ) {
    const predicted = await solver.predict(x, sigmaAt(s));
    yield { step: ++step, sigma: sigmaAt(s), denoised: combine([1, x], [-sigmaAt(s), predicted]), noisy: x };
    for (let isAccepted = false; !isAccepted; ) {
      signal?.throwIfAborted();
      const t = Math.min(end, s + size);
      const { to, up } = ancestralEnd(s, t, end, eta);
      const low = await solver.second(x, s, to, predicted, 1 / 3);
      const high = await solver.third(x, s, to, predicted, low.noise);
      // 1 + atan(x - 1) keeps the sizes from jumping.
      const factor = 1 + Math.atan((1 / (errorOf(low.x, high, before) + 1e-8)) ** (1 / order) - 1);
      // What is no number, as networks of half precision may give, is never good enough and ends the loop as well.
      isAccepted = !(factor < acceptance);
      size *= factor;
      if (!isAccepted) continue;
      before = low.x;
      x = up > 0 ? combine([1, high], [noiseScale * up, noise()]) : high;
      s = t;
    }
  }
  return x;
};

/** How far two solutions are from each other, in units of what is tolerated. */
function errorOf(low: Latent, high: Latent, before: Latent): number {
  let sum = 0;
  for (let i = 0; i < low.data.length; i++) {
    const value = low.data[i] ?? 0;
    const scale = Math.max(Math.abs(value), Math.abs(before.data[i] ?? 0));
    sum += ((value - (high.data[i] ?? 0)) / Math.max(absoluteTolerance, relativeTolerance * scale)) ** 2;
  }
  return Math.sqrt(sum / low.data.length);
}
