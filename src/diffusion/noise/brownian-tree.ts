import { createNormals } from './create-normals.js';
import type { GeneratorKind } from './normals.js';
import { spawnSeeds } from './seed-sequence.js';

const { fround } = Math;

/** The words of entropy that torchsde's BrownianTree keeps. */
const POOL_SIZE = 24;
/** Halvings that are remembered: about those on the ways to two points. */
const REMEMBERED = 48;

/** A stretch of time, the increment of the motion over it, and its place in the tree. */
type Interval = {
  readonly start: number;
  readonly end: number;
  readonly increment: Float32Array;
  readonly depth: number;
  /** counts the intervals of a depth from the left */
  readonly key: number;
};

type Halves = { readonly left: Interval; readonly right: Interval };

/**
 * One Brownian motion of `size` independent values over the time from `start` to `end`, the same whatever is asked of
 * it and in what order: that of `torchsde.BrownianTree` (0.2.6) bit for bit.
 *
 * The increment over the whole time comes from the seed; where less is asked for, an interval is halved as often as it
 * takes, and the increment over its left half comes from a Brownian bridge with a seed that only the interval's place
 * in the tree decides (Li et al., "Scalable Gradients for Stochastic Differential Equations", 2020, section 4).
 */
export class BrownianTree {
  readonly #seed: number;
  readonly #generator: GeneratorKind;
  readonly #size: number;
  readonly #whole: Interval;
  /** the least recently needed first */
  readonly #halves = new Map<string, Halves>();

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number, generator: GeneratorKind, size: number, start: number, end: number) {
    this.#seed = seed;
    this.#generator = generator;
    this.#size = size;
    const deviation = fround(Math.sqrt(end - start));
    const increment = this.#normals([]).map((value) => value * deviation);
    this.#whole = { start: toGrid(start), end: toGrid(end), increment, depth: 0, key: 0 };
  }

  /** The increment from one time to a later one; there is no motion outside the tree's time. */
  increment(from: number, to: number): Float32Array {
    const { start, end } = this.#whole;
    const clamped = (time: number) => Math.min(Math.max(toGrid(time), start), end);
    const sum = new Float32Array(this.#size);
    for (const { increment } of this.#pieces(this.#whole, clamped(from), clamped(to))) {
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (increment[i] ?? 0);
    }
    return sum;
  }

  /**
   * The fewest intervals of the tree that make up a part of one, from left to right. The right ones are looked up
   * first: samplers go from high noise levels to low ones, so that those are remembered, and must not be forgotten
   * for the new ones on the left.
   */
  #pieces(interval: Interval, from: number, to: number): Interval[] {
    if (from >= to) return [];
    if (from === interval.start && to === interval.end) return [interval];
    const { left, right } = this.#halve(interval);
    const later = this.#pieces(right, Math.max(from, right.start), to);
    return [...this.#pieces(left, from, Math.min(to, left.end)), ...later];
  }

  #halve(interval: Interval): Halves {
    const name = `${interval.depth} ${interval.key}`;
    const halves = this.#halves.get(name) ?? this.#bridge(interval);
    this.#halves.delete(name);
    this.#halves.set(name, halves);
    for (const oldest of this.#halves.keys()) {
      if (this.#halves.size <= REMEMBERED) break;
      this.#halves.delete(oldest);
    }
    return halves;
  }

  #bridge({ start, end, increment, depth, key }: Interval): Halves {
    const middle = toGrid(0.5 * (start + end));
    const perTime = 1 / (end - start);
    const deviation = fround(Math.sqrt((middle - start) * (end - middle) * perTime));
    const left = this.#normals([key, depth]);
    const right = new Float32Array(left.length);
    for (let i = 0; i < left.length; i++) {
      const whole = increment[i] ?? 0;
      const mean = fround(fround(whole * fround(middle - start)) * fround(perTime));
      left[i] = mean + fround((left[i] ?? 0) * deviation);
      right[i] = whole - (left[i] ?? 0);
    }
    return {
      left: { start, end: middle, increment: left, depth: depth + 1, key: 2 * key },
      right: { start: middle, end, increment: right, depth: depth + 1, key: 2 * key + 1 },
    };
  }

  #normals(spawnKey: readonly number[]): Float32Array {
    const [seed = 0] = spawnSeeds(this.#seed, spawnKey, POOL_SIZE, 1);
    return createNormals(this.#generator, seed).next(this.#size);
  }
}

/** The nearest of the times that the tree tells apart: multiples of a millionth, ties to the even one as in Python. */
function toGrid(time: number): number {
  const isTie = Number.isInteger(time * 128) && !Number.isInteger(time * 64);
  if (!isTie) return Number(time.toFixed(6));
  return (2 * Math.round(time * 500_000)) / 1e6;
}
