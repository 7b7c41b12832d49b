import { linspace } from './scheduler.js';

/** The noise schedule of the training, from `scheduler_config.json`. */
export type TrainingSchedule = {
  readonly betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  readonly betaStart: number;
  readonly betaEnd: number;
  /** Number of training timesteps, at least 2. */
  readonly timesteps: number;
  /** β of every timestep, above 0 and below 1 (the last may be 1), in place of all the above. */
  readonly trainedBetas?: readonly number[] | undefined;
  /** Whether the last timestep was pure noise in training (`rescale_betas_zero_snr`). Default: false. */
  readonly zeroTerminalSnr?: boolean;
};

/**
 * Replaces ᾱ = 0, for which σ would be infinite: σ is 4518.8 then (the constant of AUTOMATIC1111's web UI, Forge and
 * ComfyUI; diffusers' samplers take 2⁻²⁴, σ = 4096).
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
    // Long or steep schedules reach lower values before their end, and σ must still rise.
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

/** ᾱ of every timestep: the picture's share of the variance. */
function cumulativeSignals(betas: readonly number[]): readonly number[] {
  let signal = 1;
  return betas.map((beta) => {
    signal *= 1 - beta;
    return signal;
  });
}

/**
 * Shifts and scales √ᾱ so that it ends at 0 and keeps its first value: Lin et al. 2023, "Common Diffusion Noise
 * Schedules and Sample Steps are Flawed", Algorithm 1.
 */
function withZeroTerminalSnr(signals: readonly number[]): readonly number[] {
  const first = Math.sqrt(signals[0] ?? Number.NaN);
  const last = Math.sqrt(signals.at(-1) ?? Number.NaN);
  return signals.map((signal) => (((Math.sqrt(signal) - last) * first) / (first - last)) ** 2);
}

/** The noise level at a timestep, interpolated linearly in log σ between training timesteps. */
export function sigmaAt(sigmas: readonly number[], timestep: number): number {
  const low = Math.floor(timestep);
  const from = Math.log(sigmas[low] ?? Number.NaN);
  const to = Math.log(sigmas[Math.ceil(timestep)] ?? Number.NaN);
  return Math.exp(from + (timestep - low) * (to - from));
}

/** The timestep, with its fraction, of a noise level: the inverse of {@link sigmaAt}, clamped to the training range. */
export function timestepAt(sigmas: readonly number[], sigma: number): number {
  const above = sigmas.findIndex((candidate) => candidate >= sigma);
  if (above === 0) return 0;
  if (above < 0) return sigmas.length - 1;
  const from = Math.log(sigmas[above - 1] ?? Number.NaN);
  const to = Math.log(sigmas[above] ?? Number.NaN);
  return above - 1 + (Math.log(sigma) - from) / (to - from);
}
