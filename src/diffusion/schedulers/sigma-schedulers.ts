import { levelRange, linspace, type Scheduler } from './scheduler.js';

/** Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", equation 5; default ρ: 7. */
export const karras: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return [...karrasLevels(request.steps, lowest, highest, request.rho), 0];
};

/** `count` levels by Karras' formula, without the final 0. */
export function karrasLevels(count: number, lowest: number, highest: number, rho = 7): readonly number[] {
  return linspace(highest ** (1 / rho), lowest ** (1 / rho), count).map((root) => root ** rho);
}

/** Evenly spaced in log σ: k-diffusion's `get_sigmas_exponential`. */
export const exponential: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return [...linspace(Math.log(highest), Math.log(lowest), request.steps).map(Math.exp), 0];
};

/**
 * A polynomial of degree ρ in log σ: k-diffusion's `get_sigmas_polyexponential`; default ρ: 1. With a high ρ the lowest
 * levels would round to the same number: they are kept apart by the precision of 32-bit floats.
 */
export const polyexponential: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  const { steps, rho = 1 } = request;
  const rising = [0];
  let min = 0;
  for (const share of linspace(1, 0, steps).reverse()) {
    const level = Math.max(lowest * (highest / lowest) ** (share ** rho), min);
    rising.push(level);
    min = level * (1 + 2 ** -23);
  }
  return rising.reverse();
};

/**
 * Evenly spaced in arctan σ: Sabour et al. 2024, "Align Your Steps: Optimizing Sampling Schedules in Diffusion Models",
 * theorem 3.1, for data of standard deviation 1: it minimises the Kullback-Leibler divergence of Euler steps. As there
 * and in AUTOMATIC1111's web UI, `steps` steps lead to the lowest level and none to 0; ComfyUI's last one leads to 0.
 */
export const klOptimal: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return linspace(Math.atan(highest), Math.atan(lowest), request.steps + 1).map(Math.tan);
};

/** α = β of the beta distribution: the web UI's default, which crowds the steps at both ends. */
const betaShape = 0.6;

/**
 * Spaced like quantiles of the beta distribution between the levels: Lee et al. 2024, "Beta Sampling is All You Need:
 * Efficient Image Generation Strategy for Diffusion Models using Stepwise Spectral Analysis". In σ, as in
 * AUTOMATIC1111's web UI; ComfyUI's scheduler of this name spaces timesteps so.
 */
export const beta: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return [...linspace(1, 0, request.steps).map((share) => lowest + betaQuantile(share) * (highest - lowest)), 0];
};

/**
 * Quantile function of the symmetric beta distribution, by bisection. Symmetry leaves so little to compute that a
 * library isn't worth it: jStat is 1.2 MB without types, @stdlib's quantile brings 230 packages.
 */
function betaQuantile(share: number): number {
  if (share > 0.5) return 1 - betaQuantile(1 - share);
  const wanted = share * 2 * incompleteBeta(0.5);
  let low = 0;
  let high = 0.5;
  for (let halvings = 0; halvings < 60; halvings++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The incomplete beta function B(x; α, α) for x up to 1/2, where 60 terms of its power series suffice:
 * NIST Digital Library of Mathematical Functions, 8.17.7 with 15.2.1.
 */
function incompleteBeta(x: number): number {
  let coefficient = x ** betaShape;
  let sum = 0;
  for (let n = 0; n < 60; n++) {
    sum += coefficient / (betaShape + n);
    coefficient *= (x * (n + 1 - betaShape)) / (n + 1);
  }
  return sum;
}
