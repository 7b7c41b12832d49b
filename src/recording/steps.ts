import type { AnimationOptions } from '../options/animation-options.js';
import { isTaken } from './step-selection.js';

export type RecordedPass = {
  readonly kind: 'base' | 'hires';
  /** planned steps */
  readonly steps: number;
  /** whether that number is certain; adaptive samplers do not know */
  readonly exact: boolean;
};

/** The passes of which steps are taken: all where the run has none of the kind that is wanted. */
export function takenPasses(passes: readonly RecordedPass[], wanted: AnimationOptions['passes']): ReadonlySet<number> {
  const all = passes.map((_, index) => index);
  const chosen = all.filter((index) => passes[index]?.kind === wanted);
  return new Set(wanted === 'all' || chosen.length === 0 ? all : chosen);
}

/** Numbers the steps of one image through its passes, from 1, and chooses those that the options take. */
export class StepCounter {
  readonly #passes: ReadonlySet<number>;
  readonly #selection: AnimationOptions;
  #pass = -1;
  /** number of the last step of the passes before */
  #before = 0;
  #last = 0;
  /** number of the first step of each pass after the first */
  readonly #changes: number[] = [];

  constructor(passes: ReadonlySet<number>, selection: AnimationOptions) {
    this.#passes = passes;
    this.#selection = selection;
  }

  /** The highest number so far. */
  get last(): number {
    return this.#last;
  }

  /** Where a further pass began. */
  get changes(): readonly number[] {
    return this.#changes;
  }

  /** The number of a step that has arrived; undefined when it is not taken. */
  take(pass: number, step: number): number | undefined {
    if (!this.#passes.has(pass)) return undefined;
    if (pass !== this.#pass) this.#begin(pass);
    const number = this.#before + step;
    this.#last = Math.max(this.#last, number);
    return isTaken(number, this.#selection) ? number : undefined;
  }

  #begin(pass: number): void {
    this.#before = this.#last;
    if (this.#pass >= 0) this.#changes.push(this.#last + 1);
    this.#pass = pass;
  }
}
