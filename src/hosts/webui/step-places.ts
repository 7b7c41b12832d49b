import type { PassInfo } from '../host.js';
import type { WorkState } from './answers.js';

/** A step of an image: which pass, from 0, and which step of it, from 1. */
export type Place = { readonly pass: number; readonly step: number };

/** More than the rounding error of a sum of fractions. */
const epsilon = 1e-6;

/**
 * Numbers the steps of one image. Web UIs give the progress of a task as finished jobs plus the share of the current one,
 * where a job is a pass; each step is taken once, and in order.
 */
export class StepPlaces {
  readonly #passes: readonly PassInfo[];
  /** whether the sampler may take more steps than planned: then shares say nothing */
  readonly isAdaptive: boolean;
  /** steps of each job, as the web UI reports them */
  readonly #steps = new Map<number, number>();
  #jobs = 0;
  #state: Pick<WorkState, 'job_no' | 'sampling_step'> = { job_no: 0, sampling_step: 0 };
  #last: Place = { pass: 0, step: 0 };
  #seen = 0;

  constructor(passes: readonly PassInfo[], isAdaptive: boolean) {
    this.#passes = passes;
    this.isAdaptive = isAdaptive;
  }

  /** How many steps have been taken. */
  get seen(): number {
    return this.#seen;
  }

  /** How many steps there have been up to the last one that was taken. */
  get passed(): number {
    return this.#before(this.#last.pass) + this.#last.step;
  }

  /** How many steps all passes have together; more than planned where the sampler adapts. */
  get all(): number {
    return Math.max(this.#before(this.#passes.length), this.passed);
  }

  /** Takes in the state of the current pass. */
  update({ job_no, job_count, sampling_step, sampling_steps }: WorkState): void {
    this.#state = { job_no, sampling_step };
    this.#jobs = Math.max(job_count, 1);
    if (sampling_steps > 0) this.#steps.set(job_no, sampling_steps);
  }

  /** Whether the step at a share of the task is known. */
  knows(progress: number): boolean {
    return !this.isAdaptive && this.#jobs > 0 && progress < 1 && this.#steps.has(this.#jobOf(progress));
  }

  /** The step at a share of the task; undefined if it has been taken. */
  take(progress: number): Place | undefined {
    if (!this.knows(progress)) return this.takeCurrent();
    const job = this.#jobOf(progress);
    return this.#take(job, Math.round((progress * this.#jobs - job) * (this.#steps.get(job) ?? 0)));
  }

  /** The step of the last state; undefined if it has been taken. */
  takeCurrent(): Place | undefined {
    return this.#take(this.#state.job_no, this.#state.sampling_step);
  }

  #jobOf(progress: number): number {
    return Math.floor(progress * this.#jobs + epsilon);
  }

  /** @param step from 0 */
  #take(job: number, step: number): Place | undefined {
    const place = this.#placeOf(job, step + 1);
    const isLater = place.pass > this.#last.pass || (place.pass === this.#last.pass && place.step > this.#last.step);
    if (!isLater) return undefined;
    this.#last = place;
    this.#seen++;
    return place;
  }

  /** A job is a pass, or all of them together where there are fewer jobs than passes. */
  #placeOf(job: number, step: number): Place {
    const last = this.#passes.length - 1;
    if (this.#jobs > last) return { pass: Math.min(job, last), step };
    const pass = this.#passes.findIndex((_, index) => step <= this.#before(index + 1));
    const own = pass < 0 ? last : pass;
    return { pass: own, step: step - this.#before(own) };
  }

  /** Steps of the passes before one. */
  #before(pass: number): number {
    const areAlike = this.#jobs >= this.#passes.length;
    return this.#passes
      .slice(0, pass)
      .reduce((sum, { steps }, index) => sum + ((areAlike && this.#steps.get(index)) || steps), 0);
  }
}
