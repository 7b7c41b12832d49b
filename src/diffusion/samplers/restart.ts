import { combine } from '../latent.js';
import { karrasLevels } from '../schedulers/sigma-schedulers.js';
import type { Sampler } from './sampler.js';
import { heunStep } from './second-order.js';
import { type Interval, intervals } from './steps.js';

/** The noise levels between which steps are repeated, as in AUTOMATIC1111's web UI. */
const restartFrom = 0.1;
const restartTo = 2;
/** From how many steps there is one restart, and from how many there are two. */
const minStepsForOne = 20;
const minStepsForTwo = 36;

/**
 * Restart sampling: Xu et al. 2023, "Restart Sampling for Improving Generative Processes", with the settings of
 * AUTOMATIC1111's web UI: Heun's steps, and once or twice fresh noise takes the latent back up from a low level.
 */
export const restart: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  let reached: number | undefined;
  for (const { step, sigma, next } of restartIntervals(sigmas)) {
    if (reached !== undefined && reached < sigma) {
      x = combine([1, x], [noiseScale * Math.sqrt(sigma ** 2 - reached ** 2), noise()]);
    }
    const denoised = await denoise(x, sigma);
    yield { step, sigma, denoised, noisy: x };
    x = await heunStep(denoise, x, denoised, sigma, next);
    reached = next;
  }
  return x;
};

/** The intervals including repeated ones; from 20 steps on the levels are spaced by Karras' formula instead. */
export function restartIntervals(sigmas: readonly number[]): readonly Interval[] {
  const steps = sigmas.length - 1;
  if (steps < minStepsForOne) return intervals(sigmas);
  const times = steps >= minStepsForTwo ? 2 : 1;
  const repeated = steps >= minStepsForTwo ? Math.floor(steps / 4) : 9;
  const levels = [...karrasLevels(steps - repeated * times, sigmas.at(-2) ?? 0, sigmas[0] ?? 0), 0];
  const lowest = indexOfNearest(levels, restartFrom);
  const highest = indexOfNearest(levels, restartTo);
  const down = intervals(levels);
  if (highest >= lowest) return down;
  const again = intervals(karrasLevels(repeated + 1, levels[lowest] ?? 0, levels[highest] ?? 0));
  const all = [...down.slice(0, lowest), ...new Array(times).fill(again).flat(), ...down.slice(lowest)];
  return all.map((interval, i) => ({ ...interval, step: i + 1 }));
}

function indexOfNearest(levels: readonly number[], wanted: number): number {
  const distances = levels.map((level) => Math.abs(level - wanted));
  return distances.indexOf(Math.min(...distances));
}
