import { StepsAnimationError } from '../../errors.js';

/** What the noise levels of a run depend on. */
export type ScheduleRequest = {
  /** noise levels of all training timesteps, rising; at least 2 */
  readonly trainingSigmas: readonly number[];
  /** at least 1 */
  readonly steps: number;
  /** lowest and highest level, above 0; those of the training if left out */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /**
   * how strongly Karras' and the polyexponential levels crowd at the low end, from 0.1 to 1000;
   * the scheduler's own if left out
   */
  readonly rho?: number;
  /** for levels that were optimised for one family of models */
  readonly family: 'sd' | 'sdxl';
};

/**
 * Makes the noise levels of a run: strictly falling values, `steps` of them, and a closing 0. The schedulers that end
 * otherwise or take more or fewer steps than asked for say so.
 */
export type Scheduler = (request: ScheduleRequest) => readonly number[];

/** Both above 0. */
export type LevelRange = { readonly lowest: number; readonly highest: number };

/**
 * The levels that a run is to lie between: what was asked for, else those of the training.
 * @throws StepsAnimationError `usage` when the lowest is not below the highest
 */
export function levelRange({ trainingSigmas, sigmaMin, sigmaMax }: ScheduleRequest): LevelRange {
  const training = trainingRange(trainingSigmas);
  return checked({ lowest: sigmaMin ?? training.lowest, highest: sigmaMax ?? training.highest });
}

/**
 * The same, cut down to what lies within the levels of the training.
 * @throws StepsAnimationError `usage` when nothing lies within them
 */
export function levelRangeWithinTraining(request: ScheduleRequest): LevelRange {
  const training = trainingRange(request.trainingSigmas);
  const { lowest, highest } = levelRange(request);
  return checked({ lowest: Math.max(lowest, training.lowest), highest: Math.min(highest, training.highest) });
}

function trainingRange(sigmas: readonly number[]): LevelRange {
  return { lowest: sigmas[0] ?? Number.NaN, highest: sigmas.at(-1) ?? Number.NaN };
}

function checked(range: LevelRange): LevelRange {
  if (0 < range.lowest && range.lowest < range.highest) return range;
  throw new StepsAnimationError(
    'usage',
    `No noise levels lie from ${range.highest} down to ${range.lowest}; choose a lowest sigma above 0 and below the highest, both within what the model was trained on.`,
  );
}
