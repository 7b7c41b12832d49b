import { linspace } from './linspace.js';
import { levelRange, type Scheduler } from './scheduler.js';

/** α = β of the distribution: the web UI's default, which crowds the steps at both ends. */
const shape = 0.6;

/**
 * Spaced like quantiles of the beta distribution between the levels: Lee et al. 2024, "Beta Sampling is All You Need:
 * Efficient Image Generation Strategy for Diffusion Models using Stepwise Spectral Analysis". In σ, as in the web UI;
 * ComfyUI's scheduler of this name spaces timesteps so.
 */
export const beta: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return [...linspace(1, 0, request.steps).map((share) => lowest + quantile(share) * (highest - lowest)), 0];
};

/**
 * The value below which a share of the symmetric beta distribution lies, by bisection. Symmetry leaves so little to
 * compute that a library isn't worth it: jStat is 1.2 MB without types, @stdlib's quantile brings 230 packages.
 */
function quantile(share: number): number {
  if (share > 0.5) return 1 - quantile(1 - share);
  const wanted = share * 2 * weightBelow(0.5);
  let low = 0;
  let high = 0.5;
  for (let halvings = 0; halvings < 60; halvings++) {
    const middle = (low + high) / 2;
    if (weightBelow(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The incomplete beta function B(x; α, α) for x up to 1/2, where 60 terms of its power series suffice:
 * NIST Digital Library of Mathematical Functions, 8.17.7 with 15.2.1.
 */
function weightBelow(x: number): number {
  let coefficient = x ** shape;
  let sum = 0;
  for (let n = 0; n < 60; n++) {
    sum += coefficient / (shape + n);
    coefficient *= (x * (n + 1 - shape)) / (n + 1);
  }
  return sum;
}
