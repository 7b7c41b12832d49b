import { StepsAnimationError } from '../../errors.js';

/** The input of a scheduler. */
export type ScheduleRequest = {
  /** Noise levels of all training timesteps, rising; at least 2. */
  readonly trainingSigmas: readonly number[];
  /** At least 1. */
  readonly steps: number;
  /** Lowest level, above 0. Default: that of the training. */
  readonly sigmaMin?: number | undefined;
  /** Highest level. Default: that of the training. */
  readonly sigmaMax?: number | undefined;
  /** How strongly Karras' and the polyexponential levels crowd at the low end, 0.1 to 1000. Default: the scheduler's. */
  readonly rho?: number | undefined;
  /** For levels that were optimised for one family of models. */
  readonly family: 'sd' | 'sdxl';
};

/**
 * Computes the noise levels of a run: strictly falling values, `steps` of them, and a final 0. Schedulers that end
 * elsewhere or return more or fewer levels document it.
 */
export type Scheduler = (request: ScheduleRequest) => readonly number[];

/** A row of the table of schedulers. */
export type SchedulerRow = {
  /** As web UIs show it and write it into infotexts. */
  readonly name: string;
  /** The keys of AUTOMATIC1111's web UI, Forge and ComfyUI. */
  readonly aliases: readonly string[];
  readonly schedule: Scheduler;
  /** The paper or program it follows, with its arXiv number or repository. */
  readonly source: string;
};

/** Both above 0. */
type LevelRange = { readonly lowest: number; readonly highest: number };

/**
 * The requested range of levels, by default that of the training.
 * @throws StepsAnimationError `usage` when the lowest is not below the highest
 */
export function levelRange({ trainingSigmas, sigmaMin, sigmaMax }: ScheduleRequest): LevelRange {
  const training = trainingRange(trainingSigmas);
  return checkRange({ lowest: sigmaMin ?? training.lowest, highest: sigmaMax ?? training.highest });
}

/**
 * The same, limited to the levels of the training.
 * @throws StepsAnimationError `usage` when nothing lies within them
 */
export function levelRangeWithinTraining(request: ScheduleRequest): LevelRange {
  const training = trainingRange(request.trainingSigmas);
  const { lowest, highest } = levelRange(request);
  return checkRange({ lowest: Math.max(lowest, training.lowest), highest: Math.min(highest, training.highest) });
}

function trainingRange(sigmas: readonly number[]): LevelRange {
  return { lowest: sigmas[0] ?? Number.NaN, highest: sigmas.at(-1) ?? Number.NaN };
}

function checkRange(range: LevelRange): LevelRange {
  if (0 < range.lowest && range.lowest < range.highest) return range;
  throw new StepsAnimationError(
    'usage',
    `No noise levels lie from ${range.highest} down to ${range.lowest}; choose a lowest sigma above 0 and below the highest, both within what the model was trained on.`,
  );
}

/** `count` evenly spaced values from `start` to `end`, both exact; with one value, `start`. */
export function linspace(start: number, end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const share = count > 1 ? i / (count - 1) : 0;
    return start * (1 - share) + end * share;
  });
}
