import { type FitOptions, fitPicture } from '../pictures/fit.js';
import type { Picture, Size } from '../pictures/picture.js';
import { ChangeMeter } from './change-meter.js';

/**
 * Pictures whose changes are known before the time of one is decided. Each makes the movie more even (deviations of
 * `npm run bench -- evenness`, median and worst: 0.13 and 0.26 with none, 0.08 and 0.18 with two), and adds its few frames
 * to what is left to do when the finished image comes.
 */
const picturesAhead = 2;

/**
 * What is known of other runs counts as much as this share of a run would. Weights from 0.2 to 1 make hardly a
 * difference.
 */
const typicalWeight = 0.5;

/**
 * Even pacing while pictures are still coming: when each is reached, from 0 to 1, so that the movie changes at an even
 * rate. What is still to come is estimated from how much of it is expected and from how much more or less than expected
 * the pictures have changed so far. A time, once decided, stays.
 */
export class LivePacer {
  readonly #typicalChange: number;
  readonly #changes: number[] = [];
  #firstDevelopment: number | undefined;
  #development = 0;
  #decided = 0;
  #time = 0;

  /** @param typicalChange of whole runs: the sum of the differences between neighbouring pictures, each 0 to 255 */
  constructor(typicalChange: number) {
    this.#typicalChange = typicalChange;
  }

  /**
   * Takes in the next picture.
   * @param change how much it differs from the picture before, 0 to 255; 0 for the first one
   * @param development share of the whole run's change that is expected until this picture, from 0 for the noise to 1 for
   *   the finished image, never decreasing
   * @returns the times that are decided now, in the order of their pictures
   */
  add(change: number, development: number): number[] {
    this.#changes.push(change);
    this.#firstDevelopment ??= development;
    this.#development = development;
    return this.#decide(this.#changes.length - picturesAhead);
  }

  /** @returns the times of the last pictures; that of the last one is 1 */
  end(): number[] {
    this.#development = 1;
    return this.#decide(this.#changes.length).with(-1, 1);
  }

  #decide(count: number): number[] {
    const times: number[] = [];
    for (; this.#decided < count; this.#decided++) {
      const change = this.#changes[this.#decided] ?? 0;
      const toCome = sum(this.#changes.slice(this.#decided + 1)) + this.#wholeChange * (1 - this.#development);
      if (change > 0) this.#time += ((1 - this.#time) * change) / (change + toCome);
      // Never above 1, whatever the rounding.
      this.#time = Math.min(this.#time, 1);
      times.push(this.#time);
    }
    return times;
  }

  /** The change of the whole run, as far as it can be told. */
  get #wholeChange(): number {
    const expected = this.#development - (this.#firstDevelopment ?? 0);
    return (this.#typicalChange * typicalWeight + sum(this.#changes)) / (typicalWeight + expected);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A picture in the size of the movie, and when it is reached, from 0 to 1. */
export type PacedPicture = { readonly picture: Picture; readonly time: number };

/** Holds pictures back until their times are decided. */
export class PacingQueue {
  readonly #pacer: LivePacer;
  readonly #meter: ChangeMeter;
  readonly #size: Size & FitOptions;
  readonly #waiting: Picture[] = [];

  /** @param typicalChange as for `LivePacer` */
  constructor(size: Size & FitOptions, typicalChange: number) {
    this.#pacer = new LivePacer(typicalChange);
    this.#meter = new ChangeMeter(size);
    this.#size = size;
  }

  /**
   * Adds the next picture.
   * @param development as for `LivePacer`
   * @returns the pictures whose times are decided now, and the change of this one; null for the first picture
   */
  async add(picture: Picture, development: number): Promise<{ change: number | null; decided: PacedPicture[] }> {
    const fitted = await fitPicture(picture, this.#size, this.#size);
    const change = this.#meter.changeTo(fitted);
    this.#waiting.push(fitted);
    return { change, decided: this.#take(this.#pacer.add(change ?? 0, development)) };
  }

  /** @returns the pictures that still wait, of which the last one is the finished image */
  end(): PacedPicture[] {
    return this.#take(this.#pacer.end());
  }

  #take(times: readonly number[]): PacedPicture[] {
    const pictures = this.#waiting.splice(0, times.length);
    return pictures.map((picture, index) => ({ picture, time: times[index] ?? 1 }));
  }
}
