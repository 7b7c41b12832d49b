import { MersenneTwister, philox } from './generators.js';
import { log, sinCos } from './single-precision.js';

/** The generator for a seed: that of `torch.randn` on the CPU, or on an Nvidia GPU. */
export type GeneratorKind = 'cpu' | 'gpu';

/** A seeded sequence of normally distributed numbers. */
export type Normals = {
  /** The next `length` values with mean 0 and variance 1: the result of one call of `torch.randn`. */
  next(length: number): Float32Array;
};

/** @param seed 0 to 2^32 - 1 */
export function createNormals(kind: GeneratorKind, seed: number): Normals {
  return kind === 'cpu' ? new CpuNormals(seed) : new GpuNormals(seed);
}

const TWO_PI = Math.fround(2 * Math.PI);
/** 2^-32 · 2π in single precision, as cuRAND has it (`CURAND_2POW32_INV_2PI`). */
const ANGLE_UNIT = Math.fround(2.3283064e-10 * 6.2831855);

/**
 * The noise of PyTorch's CPU generator, bit for bit, so that a seed means the same here as in other programs.
 *
 * `torch.Generator().manual_seed(seed)` is a Mersenne Twister; `torch.randn` fills tensors of at least 16
 * values with single-precision Box–Muller in blocks of 16, and smaller ones value by value in double precision,
 * where the second normal of each pair is kept for the next call. The blocks are those of PyTorch's Linux builds on
 * CPUs with AVX2 or AVX-512, which approximate logarithm, sine and cosine by polynomials; on other CPUs, and with
 * `ATEN_CPU_CAPABILITY=default`, PyTorch calls the C library, and its values differ in the last bits.
 */
class CpuNormals implements Normals {
  readonly #random: MersenneTwister;
  #spare: number | undefined;

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number) {
    this.#random = new MersenneTwister(seed);
  }

  next(length: number): Float32Array {
    const values = new Float32Array(length);
    if (length < 16) return values.map(() => this.#nextNormal());
    for (let i = 0; i < length; i++) values[i] = this.#uniform24();
    for (let i = 0; i + 16 <= length; i += 16) boxMuller16(values.subarray(i, i + 16));
    if (length % 16 !== 0) {
      const tail = values.subarray(length - 16);
      for (let i = 0; i < 16; i++) tail[i] = this.#uniform24();
      boxMuller16(tail);
    }
    return values;
  }

  #nextNormal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Uniform in [0, 1), 24 random bits. */
  #uniform24(): number {
    return (this.#random.next() & 0xffffff) * 2 ** -24;
  }

  /** Uniform in [0, 1), 53 random bits. */
  #uniform53(): number {
    const high = this.#random.next() & 0x1fffff;
    return (high * 2 ** 32 + this.#random.next()) * 2 ** -53;
  }
}

/** Turns 16 uniforms into 16 normals in place: the first eight give the radii, the last eight the angles. */
function boxMuller16(values: Float32Array): void {
  for (let i = 0; i < 8; i++) {
    const radius = Math.fround(Math.sqrt(-2 * log(1 - (values[i] ?? 0))));
    const [sin, cos] = sinCos(Math.fround(TWO_PI * (values[i + 8] ?? 0)));
    // PyTorch adds the mean, which turns -0 into 0.
    values[i] = radius * cos + 0;
    values[i + 8] = radius * sin + 0;
  }
}

/**
 * The noise of PyTorch on Nvidia GPUs, which web UIs make everywhere with the noise source "NV": value `i` of call `n` is
 * the first of the two Box–Muller normals of Philox4x32-10 at counter (n, 0, i, 0) with the seed as its key. Where a
 * tensor has more values than the GPU runs threads at once, PyTorch takes the later values from the other numbers of the
 * same counters, beginning at a value that depends on the GPU; neither the web UIs nor this class follow that.
 */
class GpuNormals implements Normals {
  readonly #seed: number;
  #calls = 0;

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number) {
    this.#seed = seed;
  }

  next(length: number): Float32Array {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      const [x, y] = philox(this.#calls, i, this.#seed);
      const radius = Math.sqrt(-2 * Math.log((x + 0.5) * 2 ** -32));
      values[i] = radius * Math.sin((y + 0.5) * ANGLE_UNIT);
    }
    this.#calls++;
    return values;
  }
}
