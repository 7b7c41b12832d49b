import { linspace } from './linspace.js';
import { levelRangeWithinTraining, type ScheduleRequest, type Scheduler } from './scheduler.js';
import { sigmaAt, timestepAt } from './training-sigmas.js';

/** Evenly spaced in training time, whatever levels are asked for: k-diffusion's `get_sigmas`. */
export const uniform: Scheduler = ({ trainingSigmas, steps }) => [
  ...linspace(trainingSigmas.length - 1, 0, steps).map((timestep) => sigmaAt(trainingSigmas, timestep)),
  0,
];

/** Evenly spaced in training time from the highest level asked for to the lowest. */
export const normal: Scheduler = (request) => {
  const { start, end } = timeRange(request);
  return [...linspace(start, end, request.steps).map((timestep) => sigmaAt(request.trainingSigmas, timestep)), 0];
};

/**
 * As {@link normal} with one step more, the lowest level of which is left out: Stability AI's generative-models (SGM).
 */
export const sgmUniform: Scheduler = (request) => {
  const { start, end } = timeRange(request);
  const timesteps = linspace(start, end, request.steps + 1).slice(0, -1);
  return [...timesteps.map((timestep) => sigmaAt(request.trainingSigmas, timestep)), 0];
};

/**
 * Every (T / steps)th of the T training levels, rounded up to a whole timestep, as ComfyUI's `simple`; whatever levels
 * are asked for. As {@link uniform} where there are more steps than training levels, for each can be taken only once.
 */
export const simple: Scheduler = (request) => {
  const { trainingSigmas, steps } = request;
  if (steps > trainingSigmas.length) return uniform(request);
  const stride = trainingSigmas.length / steps;
  return [...Array.from({ length: steps }, (_, i) => trainingSigmas.at(-1 - Math.floor(i * stride)) ?? Number.NaN), 0];
};

/**
 * Every ⌊T / steps⌋th of the T training levels, counted up from the second lowest: the timesteps of Song et al. 2021,
 * "Denoising Diffusion Implicit Models", as CompVis' sampler takes them; whatever levels are asked for. Rounding down
 * makes many lists longer than asked for (60 of 1000 make 63 steps), but none takes more than T - 1 steps. The list
 * begins below the highest level, the more so the fewer steps: one step is the second lowest level alone.
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
 * The last timestep of each of `steps` equal spans of training time, which adversarial diffusion distillation trains
 * (Sauer et al. 2023, "Adversarial Diffusion Distillation"); whatever levels are asked for. As {@link uniform} where
 * there are more steps than training levels.
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

/** As PyTorch and NumPy round: halves go to the even neighbour. */
function roundHalfToEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
