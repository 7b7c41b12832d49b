import { levelRangeWithinTraining, linspace, type ScheduleRequest, type Scheduler } from './scheduler.js';
import { sigmaAt, timestepAt } from './training-sigmas.js';

/** Evenly spaced in training time: k-diffusion's `get_sigmas`. Ignores the requested range of levels. */
export const uniform: Scheduler = ({ trainingSigmas, steps }) => [
  ...linspace(trainingSigmas.length - 1, 0, steps).map((timestep) => sigmaAt(trainingSigmas, timestep)),
  0,
];

/** Evenly spaced in training time between the requested levels: ComfyUI's `normal`. */
export const normal: Scheduler = (request) => {
  const { start, end } = timeRange(request);
  return [...linspace(start, end, request.steps).map((timestep) => sigmaAt(request.trainingSigmas, timestep)), 0];
};

/** {@link normal} with one more step and without its lowest level: Stability AI's generative-models (SGM). */
export const sgmUniform: Scheduler = (request) => {
  const { start, end } = timeRange(request);
  const timesteps = linspace(start, end, request.steps + 1).slice(0, -1);
  return [...timesteps.map((timestep) => sigmaAt(request.trainingSigmas, timestep)), 0];
};

/**
 * Every (T / steps)th of the T training levels, rounded up to a whole timestep: ComfyUI's `simple`. Ignores the
 * requested range of levels. With more steps than training levels the same as {@link uniform}.
 */
export const simple: Scheduler = (request) => {
  const { trainingSigmas, steps } = request;
  if (steps > trainingSigmas.length) return uniform(request);
  const stride = trainingSigmas.length / steps;
  return [...Array.from({ length: steps }, (_, i) => trainingSigmas.at(-1 - Math.floor(i * stride)) ?? Number.NaN), 0];
};

/**
 * Every ⌊T / steps⌋th of the T training levels, counted up from the second lowest: the timesteps of Song et al. 2021,
 * "Denoising Diffusion Implicit Models", as in CompVis' sampler. Ignores the requested range of levels. Rounding down
 * makes many schedules longer than requested (60 of 1000 make 63 steps), T - 1 steps at most. The schedule begins below
 * the highest level, the further the fewer steps: a single step is the second lowest level.
 */
export const ddim: Scheduler = ({ trainingSigmas, steps }) => {
  const stride = Math.max(Math.floor(trainingSigmas.length / steps), 1);
  return [
    ...trainingSigmas
      .slice(1)
      .filter((_, i) => i % stride === 0)
      .reverse(),
    0,
  ];
};

/**
 * The last timestep of each of `steps` equal spans of training time, on which Sauer et al. 2023, "Adversarial Diffusion
 * Distillation", trains. Ignores the requested range of levels. With more steps than training levels the same as
 * {@link uniform}.
 */
export const turbo: Scheduler = (request) => {
  const { trainingSigmas, steps } = request;
  if (steps > trainingSigmas.length) return uniform(request);
  const lastOf = (span: number) => roundHalfToEven((span * trainingSigmas.length) / steps - 1);
  return [...Array.from({ length: steps }, (_, i) => trainingSigmas[lastOf(steps - i)] ?? Number.NaN), 0];
};

/** The timesteps of the highest and the lowest level. */
function timeRange(request: ScheduleRequest): { readonly start: number; readonly end: number } {
  const { lowest, highest } = levelRangeWithinTraining(request);
  return { start: timestepAt(request.trainingSigmas, highest), end: timestepAt(request.trainingSigmas, lowest) };
}

/** Rounds halves to the even neighbour, as PyTorch and NumPy do. */
function roundHalfToEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
