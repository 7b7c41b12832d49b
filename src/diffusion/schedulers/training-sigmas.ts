import { linspace } from './linspace.js';

/** How the noise was scheduled in training, as `scheduler_config.json` tells it. */
export type TrainingSchedule = {
  readonly betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  readonly betaStart: number;
  readonly betaEnd: number;
  /** number of training timesteps, at least 2 */
  readonly timesteps: number;
  /** β of every timestep instead of all the above, above 0 and below 1; the last may be 1 */
  readonly trainedBetas?: readonly number[];
  /** whether the last timestep was pure noise in training (`rescale_betas_zero_snr`) */
  readonly zeroTerminalSnr?: boolean;
};

/**
 * What web UIs write for ᾱ = 0, which would make σ infinite: σ is 4518.8 then (the constant of AUTOMATIC1111's web UI,
 * Forge and ComfyUI; diffusers' samplers take 2⁻²⁴, σ = 4096).
 */
const smallestSignal = 4.8973451890853435e-8;

/**
 * The noise level σ of every training timestep, rising: σ² = (1 - ᾱ) / ᾱ, finite even where ᾱ ends at 0.
 * Linear: Ho et al. 2020, "Denoising Diffusion Probabilistic Models"; scaled linear: Rombach et al. 2022,
 * "High-Resolution Image Synthesis with Latent Diffusion Models"; squared cosine: Nichol and Dhariwal 2021,
 * "Improved Denoising Diffusion Probabilistic Models".
 */
export function trainingSigmas(schedule: TrainingSchedule): readonly number[] {
  const signals = cumulativeSignals(schedule.trainedBetas ?? betas(schedule));
  const rescaled = schedule.zeroTerminalSnr ? withZeroTerminalSnr(signals) : signals;
  return rescaled.map((signal, t) => {
    // Long or steep schedules have come below that before their end: σ must rise all the same.
    const share = signal || Math.min(smallestSignal, 0.9 * (rescaled[t - 1] ?? 1));
    return Math.sqrt((1 - share) / share);
  });
}

function betas({ betaSchedule, betaStart, betaEnd, timesteps }: TrainingSchedule): readonly number[] {
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

/** ᾱ of every timestep: how much of the variance is still the picture's. */
function cumulativeSignals(betas: readonly number[]): readonly number[] {
  let signal = 1;
  return betas.map((beta) => {
    signal *= 1 - beta;
    return signal;
  });
}

/**
 * Moves and stretches √ᾱ so that it ends at 0 and still begins where it did: Lin et al. 2023, "Common Diffusion Noise
 * Schedules and Sample Steps are Flawed", Algorithm 1.
 */
function withZeroTerminalSnr(signals: readonly number[]): readonly number[] {
  const first = Math.sqrt(signals[0] ?? Number.NaN);
  const last = Math.sqrt(signals.at(-1) ?? Number.NaN);
  return signals.map((signal) => (((Math.sqrt(signal) - last) * first) / (first - last)) ** 2);
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
