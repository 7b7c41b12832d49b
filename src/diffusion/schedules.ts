/** How the noise was scheduled in training, as `scheduler_config.json` tells it. */
export type TrainingSchedule = {
  readonly betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  readonly betaStart: number;
  readonly betaEnd: number;
  /** number of training timesteps */
  readonly timesteps: number;
};

/**
 * The noise level σ of every training timestep, rising: σ² = (1 - ᾱ) / ᾱ.
 * Linear: Ho et al. 2020, "Denoising Diffusion Probabilistic Models"; scaled linear: Rombach et al. 2022,
 * "High-Resolution Image Synthesis with Latent Diffusion Models"; squared cosine: Nichol and Dhariwal 2021,
 * "Improved Denoising Diffusion Probabilistic Models".
 */
export function trainingSigmas(schedule: TrainingSchedule): readonly number[] {
  let signal = 1;
  return betas(schedule).map((beta) => {
    signal *= 1 - beta;
    return Math.sqrt((1 - signal) / signal);
  });
}

function betas({ betaSchedule, betaStart, betaEnd, timesteps }: TrainingSchedule): number[] {
  switch (betaSchedule) {
    case 'linear':
      return linspace(betaStart, betaEnd, timesteps);
    case 'scaled_linear':
      return linspace(Math.sqrt(betaStart), Math.sqrt(betaEnd), timesteps).map((root) => root ** 2);
    case 'squaredcos_cap_v2': {
      const signalAt = (time: number) => Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
      return Array.from({ length: timesteps }, (_, t) =>
        Math.min(1 - signalAt((t + 1) / timesteps) / signalAt(t / timesteps), 0.999),
      );
    }
  }
}

/** The noise level at a timestep that may lie between two training timesteps: linear in log σ. */
export function sigmaAt(sigmas: readonly number[], timestep: number): number {
  const low = Math.floor(timestep);
  const from = Math.log(sigmas[low] ?? Number.NaN);
  const to = Math.log(sigmas[Math.ceil(timestep)] ?? Number.NaN);
  return Math.exp(from + (timestep - low) * (to - from));
}

/** The timestep, with its fraction, of a noise level: the inverse of {@link sigmaAt}, held within the training range. */
export function timestepAt(sigmas: readonly number[], sigma: number): number {
  const above = sigmas.findIndex((candidate) => candidate >= sigma);
  if (above === 0) return 0;
  if (above < 0) return sigmas.length - 1;
  const from = Math.log(sigmas[above - 1] ?? Number.NaN);
  const to = Math.log(sigmas[above] ?? Number.NaN);
  return above - 1 + (Math.log(sigma) - from) / (to - from);
}

/** What the noise levels of a run depend on. */
export type ScheduleRequest = {
  /** noise levels of all training timesteps, rising */
  readonly trainingSigmas: readonly number[];
  readonly steps: number;
  /** lowest and highest level; those of the training if left out */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** how strongly Karras' and the polyexponential levels crowd at the low end; the scheduler's own if left out */
  readonly rho?: number;
  /** for levels that were optimised for one family of models */
  readonly family: 'sd' | 'sdxl';
};

/** Makes the noise levels of a run: falling values, usually `steps` of them, and a closing 0. */
export type Scheduler = (request: ScheduleRequest) => readonly number[];

/** Steps evenly spaced in training time, as k-diffusion's `get_sigmas`: what "Automatic" means for the Euler samplers. */
export const normal: Scheduler = ({ trainingSigmas, steps }) => [
  ...linspace(trainingSigmas.length - 1, 0, steps).map((timestep) => sigmaAt(trainingSigmas, timestep)),
  0,
];

/** Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", equation 5, with ρ = 7. */
export const karras: Scheduler = ({ trainingSigmas, steps, sigmaMin, sigmaMax, rho = 7 }) => {
  const highest = (sigmaMax ?? trainingSigmas.at(-1) ?? Number.NaN) ** (1 / rho);
  const lowest = (sigmaMin ?? trainingSigmas[0] ?? Number.NaN) ** (1 / rho);
  return [...linspace(highest, lowest, steps).map((root) => root ** rho), 0];
};

/** `count` evenly spaced values from `start` to `end`, both included; with one value, `start`. */
function linspace(start: number, end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + (count > 1 ? (i / (count - 1)) * (end - start) : 0));
}

/** A scheduler's names: the first is the one that web UIs show and write into infotexts. */
export type SchedulerRow = { readonly name: string; readonly aliases: readonly string[]; readonly schedule: Scheduler };

/** The schedulers by name; `Automatic`, which stands for the sampler's own choice, is not among them. */
export const schedulers = [
  { name: 'Normal', aliases: ['uniform'], schedule: normal },
  { name: 'Karras', aliases: [], schedule: karras },
] as const satisfies readonly SchedulerRow[];
