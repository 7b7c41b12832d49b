import type { AnimationOptions } from '../options/animation-options.js';

/** A pass of the sampler that each image of a run goes through. */
export type RecordedPass = {
  readonly kind: 'base' | 'hires';
  /** planned number of steps */
  readonly steps: number;
  /** whether that number is certain; adaptive samplers only estimate it */
  readonly exact: boolean;
  /** noise level of its first step, if known */
  readonly firstSigma?: number;
};

/** A step of an image. */
export type RecordedStep = {
  /** index of the image in the run */
  readonly image: number;
  /** index of the pass in the run */
  readonly pass: number;
  /** number of the step in its pass, from 1 */
  readonly step: number;
  /** its noise level, as in `GenerationEvent`; even pacing foresees changes by it */
  readonly sigma?: number;
};

type StepSelection = Pick<AnimationOptions, 'skipSteps' | 'every' | 'stopAt'>;

/** Whether the options select a step, counted from 1. The finished image, which replaces the last step, is always shown. */
export function isSelected(step: number, { skipSteps, every, stopAt }: StepSelection): boolean {
  return step > skipSteps && (step - skipSteps - 1) % every === 0 && (stopAt === 0 || step <= stopAt);
}

/** The number of pictures in a movie of so many steps: the selected ones before the last step, and the finished image. */
export function countPictures(steps: number, selection: StepSelection): number {
  let pictures = 1;
  for (let step = 1; step < steps; step++) if (isSelected(step, selection)) pictures++;
  return pictures;
}

/** The indices of the passes whose steps are recorded: those of the wanted kind, or all if there are none. */
export function selectedPasses(
  passes: readonly Pick<RecordedPass, 'kind'>[],
  wanted: AnimationOptions['passes'],
): ReadonlySet<number> {
  const all = passes.map((_, index) => index);
  const selected = all.filter((index) => passes[index]?.kind === wanted);
  return new Set(selected.length === 0 ? all : selected);
}

/** Numbers the steps of one image through its recorded passes, from 1, and selects those that the options ask for. */
export class StepCounter {
  readonly #passes: ReadonlySet<number>;
  readonly #selection: StepSelection;
  #pass: number | undefined;
  /** number of the last step of the previous pass */
  #before = 0;
  #last = 0;
  readonly #passChanges: number[] = [];

  /** @param passes indices of the recorded passes */
  constructor(passes: ReadonlySet<number>, selection: StepSelection) {
    this.#passes = passes;
    this.#selection = selection;
  }

  /** The highest number so far, whether selected or not. */
  get last(): number {
    return this.#last;
  }

  /** The number of the first step of each pass after the first. */
  get passChanges(): readonly number[] {
    return this.#passChanges;
  }

  /** Counts a step. @returns its number; undefined when it is not selected */
  count(pass: number, step: number): number | undefined {
    if (!this.#passes.has(pass)) return undefined;
    if (pass !== this.#pass) {
      if (this.#pass !== undefined) this.#passChanges.push(this.#last + 1);
      this.#before = this.#last;
      this.#pass = pass;
    }
    const number = this.#before + step;
    this.#last = Math.max(this.#last, number);
    return isSelected(number, this.#selection) ? number : undefined;
  }
}
