import { MersenneTwister } from './mersenne-twister.js';
import type { Normals } from './normals.js';
import { log, sinCos } from './single-precision.js';

const TWO_PI = Math.fround(2 * Math.PI);

/**
 * Seeded noise as PyTorch's CPU generator makes it, bit for bit, so that a seed means the same here as in other
 * programs.
 *
 * `torch.Generator().manual_seed(seed)` is a Mersenne Twister; `torch.randn` fills tensors of at least 16
 * values with single-precision Box–Muller in blocks of 16, and smaller ones value by value in double precision,
 * where the second normal of each pair is kept for the next call. The blocks are those of PyTorch's Linux builds on
 * CPUs with AVX2 or AVX-512, which approximate logarithm, sine and cosine by polynomials; on other CPUs, and with
 * `ATEN_CPU_CAPABILITY=default`, PyTorch takes the functions of the C library, and its values differ in the last bits.
 */
export class CpuNormals implements Normals {
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
    // PyTorch adds the mean, which makes -0 to 0.
    values[i] = radius * cos + 0;
    values[i + 8] = radius * sin + 0;
  }
}
