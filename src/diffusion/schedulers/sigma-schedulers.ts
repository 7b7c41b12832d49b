import { linspace } from './linspace.js';
import { levelRange, type Scheduler } from './scheduler.js';

/** Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", equation 5, with ρ = 7. */
export const karras: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return [...karrasLevels(request.steps, lowest, highest, request.rho), 0];
};

/** The same for any number of levels, without the closing 0. */
export function karrasLevels(count: number, lowest: number, highest: number, rho = 7): readonly number[] {
  return linspace(highest ** (1 / rho), lowest ** (1 / rho), count).map((root) => root ** rho);
}

/** Evenly spaced in log σ: k-diffusion's `get_sigmas_exponential`. */
export const exponential: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return [...linspace(Math.log(highest), Math.log(lowest), request.steps).map(Math.exp), 0];
};

/**
 * A polynomial of degree ρ in log σ: k-diffusion's `get_sigmas_polyexponential`, with ρ = 1. Where a high ρ leaves
 * floating point no room between the lowest levels, they are kept apart by the precision of 32-bit numbers.
 */
export const polyexponential: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  const { steps, rho = 1 } = request;
  const rising = [0];
  let least = 0;
  for (const share of linspace(1, 0, steps).reverse()) {
    const level = Math.max(lowest * (highest / lowest) ** (share ** rho), least);
    rising.push(level);
    least = level * (1 + 2 ** -23);
  }
  return rising.reverse();
};

/**
 * Evenly spaced in arctan σ: Sabour et al. 2024, "Align Your Steps: Optimizing Sampling Schedules in Diffusion Models",
 * theorem 3.1, for data of standard deviation 1 (the least Kullback-Leibler divergence of Euler steps). As there and in
 * the web UI, `steps` steps lead down to the lowest level and none to 0; ComfyUI's last one leads from it to 0.
 */
export const klOptimal: Scheduler = (request) => {
  const { lowest, highest } = levelRange(request);
  return linspace(Math.atan(highest), Math.atan(lowest), request.steps + 1).map(Math.tan);
};
