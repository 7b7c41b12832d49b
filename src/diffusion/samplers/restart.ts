import { combine } from '../latent.js';
import { karrasLevels } from '../schedulers/sigma-schedulers.js';
import type { Sampler } from './sampler.js';
import { slope } from './slope.js';

/** Between which levels steps are taken again; as the web UIs have it. */
const restartFrom = 0.1;
const restartTo = 2;
/** Below so many steps there are no restarts, from so many on there are two. */
const fewSteps = 20;
const manySteps = 36;

type Interval = { readonly sigma: number; readonly next: number };

/**
 * Restart sampling: Xu et al. 2023, "Restart Sampling for Improving Generative Processes", with the settings of
 * AUTOMATIC1111's web UI: Heun's steps, and once or twice back up from a low level by fresh noise.
 */
export const restart: Sampler = async function* (sampling) {
  const { denoise, sigmas, noise, signal, noiseScale = 1 } = sampling;
  let x = sampling.latent;
  let reached: number | undefined;
  let step = 0;
  for (const { sigma, next } of restartIntervals(sigmas)) {
    signal?.throwIfAborted();
    if (reached !== undefined && reached < sigma) {
      x = combine([1, x], [noiseScale * Math.sqrt(sigma ** 2 - reached ** 2), noise()]);
    }
    const denoised = await denoise(x, sigma);
    yield { step: ++step, sigma, denoised, noisy: x };
    const first = slope(x, denoised, sigma);
    const ahead = combine([1, x], [next - sigma, first]);
    if (next === 0) x = ahead;
    else {
      const second = slope(ahead, await denoise(ahead, next), next);
      x = combine([1, x], [(next - sigma) / 2, first], [(next - sigma) / 2, second]);
    }
    reached = next;
  }
  return x;
};

/** The way down with its restarts; for 20 levels or more it is laid out anew, after Karras. */
export function restartIntervals(sigmas: readonly number[]): readonly Interval[] {
  const steps = sigmas.length - 1;
  if (steps < fewSteps) return intervalsOf(sigmas);
  const times = steps >= manySteps ? 2 : 1;
  const each = steps >= manySteps ? Math.floor(steps / 4) : 9;
  const levels = [...karrasLevels(steps - each * times, sigmas.at(-2) ?? 0, sigmas[0] ?? 0), 0];
  const lowest = nearest(levels, restartFrom);
  const highest = nearest(levels, restartTo);
  const down = intervalsOf(levels);
  if (highest >= lowest) return down;
  const again = intervalsOf(karrasLevels(each + 1, levels[lowest] ?? 0, levels[highest] ?? 0));
  return [...down.slice(0, lowest), ...new Array(times).fill(again).flat(), ...down.slice(lowest)];
}

function intervalsOf(levels: readonly number[]): readonly Interval[] {
  return levels.slice(1).map((next, i) => ({ sigma: levels[i] ?? 0, next }));
}

function nearest(levels: readonly number[], wanted: number): number {
  const distances = levels.map((level) => Math.abs(level - wanted));
  return distances.indexOf(Math.min(...distances));
}
