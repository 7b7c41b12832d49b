import { createLatent, type Latent, type LatentShape } from '../latent.js';
import { spawnSeeds } from './generators.js';
import { createNormals, type GeneratorKind } from './normals.js';

const { fround } = Math;

/**
 * Standard normal noise of the batch's shape for the interval between two noise levels: the increment of a Brownian
 * motion, divided by its standard deviation. The same levels give the same noise, in any order of calls.
 */
export type BrownianNoise = (from: number, to: number) => Latent;

type BrownianOptions = {
  /** One for each image of the batch, 0 to 2^32 - 1. */
  readonly seeds: readonly number[];
  readonly generator: GeneratorKind;
  /** The lowest level above 0 of the schedule, where the motion begins. */
  readonly lowestSigma: number;
  /** The highest level of the schedule, where it ends. */
  readonly highestSigma: number;
};

/**
 * Brownian noise with a motion of its own for every image: k-diffusion's `BrownianTreeNoiseSampler`, so that stochastic
 * samplers make the same images as in web UIs. Noise levels are rounded to single precision and to a millionth; between
 * equal levels the noise is 0.
 * @param shape one image for each seed
 */
export function createBrownianNoise(shape: LatentShape, options: BrownianOptions): BrownianNoise {
  const { seeds, generator, lowestSigma, highestSigma } = options;
  const [, channels, height, width] = shape;
  const size = channels * height * width;
  const [lowest, highest] = [fround(lowestSigma), fround(highestSigma)];
  const trees = seeds.map((seed) => new BrownianTree(seed, generator, size, lowest, highest));
  return (from, to) => {
    const noise = createLatent(shape);
    const [start, end] = [fround(Math.min(from, to)), fround(Math.max(from, to))];
    if (start === end) return noise;
    const deviation = fround(Math.sqrt(fround(end - start))) * Math.sign(to - from);
    trees.forEach((tree, image) => {
      const increment = tree.increment(start, end);
      noise.data.set(
        increment.map((value) => value / deviation),
        image * size,
      );
    });
    return noise;
  };
}

/** Pool size of torchsde's BrownianTree, in 32-bit words of entropy. */
const POOL_SIZE = 24;
/** Bisections to cache: about those on the paths to two points of the tree. */
const MAX_CACHED = 48;

/** An interval of time, the increment of the motion over it, and its place in the tree. */
type Interval = {
  readonly start: number;
  readonly end: number;
  readonly increment: Float32Array;
  readonly depth: number;
  /** Index among the intervals of the same depth, from the left. */
  readonly key: number;
};

type Halves = { readonly left: Interval; readonly right: Interval };

/**
 * A Brownian motion of `size` independent values over the time from `start` to `end`, independent of the order of
 * queries: `torchsde.BrownianTree` (0.2.6), bit for bit.
 *
 * The increment over the whole time comes from the seed. For a shorter query, intervals are bisected, and the increment
 * over the left half comes from a Brownian bridge whose seed depends only on the interval's place in the tree (Li et
 * al. 2020, "Scalable Gradients for Stochastic Differential Equations", section 4).
 */
class BrownianTree {
  readonly #seed: number;
  readonly #generator: GeneratorKind;
  readonly #size: number;
  readonly #whole: Interval;
  /** Least recently used first. */
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

  /** The increment between two times, clamped to the tree's. */
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
   * The fewest intervals of the tree that cover a part of one, from left to right. The right half is looked up first:
   * samplers go from high noise levels to low ones, so it is cached, and new intervals on the left must not evict it.
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
      if (this.#halves.size <= MAX_CACHED) break;
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

/** Rounds to a millionth, the resolution of the tree, with ties to the even neighbour as in Python. */
function toGrid(time: number): number {
  const isTie = Number.isInteger(time * 128) && !Number.isInteger(time * 64);
  if (!isTie) return Number(time.toFixed(6));
  return (2 * Math.round(time * 500_000)) / 1e6;
}
