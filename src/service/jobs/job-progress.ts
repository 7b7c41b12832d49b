import type { JobProgress } from '../job.js';
import { StepSpeed } from './step-speed.js';

/** Counts how far a running job has come. */
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

  plan(steps: number): void {
    this.#steps = steps;
    this.#phase = 'sampling';
  }

  /** @param at milliseconds of any clock that only goes forward */
  take(step: number, at: number): void {
    this.#step = step;
    this.#speed.add(step, at);
    if (step >= this.#steps) this.#phase = 'rendering';
  }

  /** Sampling is over, complete or not. */
  sampled(): void {
    this.#phase = 'rendering';
  }

  render(frame: number, frames: number): void {
    this.#frame = frame;
    this.#frames = frames;
  }

  /** @param preview version of the newest preview */
  at(preview: number): JobProgress {
    const perSecond = this.#phase === 'loading' ? null : this.#speed.perSecond;
    const left = Math.max(0, this.#steps - this.#step);
    return {
      ...{ step: this.#step, steps: this.#steps, stepsPerSecond: perSecond },
      secondsLeft: perSecond === null ? null : left / perSecond,
      ...{ phase: this.#phase, frame: this.#frame, frames: this.#frames, preview },
    };
  }
}
