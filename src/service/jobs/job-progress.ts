import type { JobProgress } from '../job.js';

/** How far a running job is. */
export class ProgressCounter {
  readonly #speed = new StepSpeed();
  #phase: JobProgress['phase'];
  #step = 0;
  #steps = 0;
  #frame = 0;
  #frames = 0;

  constructor(phase: JobProgress['phase']) {
    this.#phase = phase;
  }

  /** @param steps planned steps of all images together */
  plan(steps: number): void {
    this.#steps = steps;
    this.#phase = 'sampling';
  }

  /** @param atMs monotonic time */
  take(step: number, atMs: number): void {
    this.#step = step;
    this.#speed.add(step, atMs);
    if (step >= this.#steps) this.#phase = 'rendering';
  }

  /** Sampling has ended, complete or not. */
  sampled(): void {
    this.#phase = 'rendering';
  }

  render(frame: number, frames: number): void {
    this.#frame = frame;
    this.#frames = frames;
  }

  /** @param preview version of the newest preview */
  progress(preview: number): JobProgress {
    const stepsPerSecond = this.#phase === 'loading' ? null : this.#speed.perSecond;
    const stepsLeft = Math.max(0, this.#steps - this.#step);
    return {
      ...{ step: this.#step, steps: this.#steps, stepsPerSecond },
      secondsLeft: stepsPerSecond === null ? null : stepsLeft / stepsPerSecond,
      ...{ phase: this.#phase, frame: this.#frame, frames: this.#frames, preview },
    };
  }
}

/** Observations in the moving average: enough to be steady, few enough to follow a slower second pass. */
const maxObservations = 12;
/** The steps of a batch arrive together, and count as one observation. */
const togetherMs = 5;

/** Measures the speed of steps, from the first one on, which excludes the time for loading. */
export class StepSpeed {
  readonly #observations: { step: number; readonly atMs: number }[] = [];

  /** @param atMs monotonic time */
  add(step: number, atMs: number): void {
    const last = this.#observations.at(-1);
    if (last && atMs - last.atMs < togetherMs) last.step = step;
    else this.#observations.push({ step, atMs });
    if (this.#observations.length > maxObservations) this.#observations.shift();
  }

  /** Steps per second; null before the second observation. */
  get perSecond(): number | null {
    const first = this.#observations[0];
    const last = this.#observations.at(-1);
    if (!first || !last || first === last) return null;
    return (1000 * (last.step - first.step)) / (last.atMs - first.atMs);
  }
}
