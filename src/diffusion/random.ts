/**
 * Seeded noise as PyTorch's CPU generator makes it, so that a seed means the same here as in other programs.
 *
 * `torch.Generator().manual_seed(seed)` is a Mersenne Twister; `torch.randn` fills tensors of at least 16
 * values with single-precision Box–Muller in blocks of 16, and smaller ones value by value in double precision,
 * where the second normal of each pair is kept for the next call. The large tensors agree with PyTorch to 5e-7
 * (its vector kernels approximate logarithm and cosine, each kind of CPU in its own way), the small ones exactly.
 */
export class NormalGenerator {
  readonly #random: MersenneTwister;
  #spare: number | undefined;

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number) {
    this.#random = new MersenneTwister(seed);
  }

  /** The next `length` values with mean 0 and variance 1: what one call of `torch.randn` gives. */
  normals(length: number): Float32Array {
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
    const u1 = 1 - (values[i] ?? 0);
    const u2 = values[i + 8] ?? 0;
    const radius = Math.fround(Math.sqrt(Math.fround(-2 * Math.fround(Math.log(u1)))));
    const angle = Math.fround(Math.fround(2 * Math.PI) * u2);
    values[i] = radius * Math.fround(Math.cos(angle));
    values[i + 8] = radius * Math.fround(Math.sin(angle));
  }
}

/** MT19937: Matsumoto and Nishimura, "Mersenne Twister" (1998), with their 2002 initialisation. */
class MersenneTwister {
  readonly #state = new Uint32Array(624);
  #position = 624;

  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < 624; i++) {
      const previous = this.#state[i - 1] ?? 0;
      this.#state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** The next 32 random bits as a whole number from 0 to 2^32 - 1. */
  next(): number {
    if (this.#position === 624) this.#twist();
    let y = this.#state[this.#position++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < 624; i++) {
      const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % 624] ?? 0) & 0x7fffffff);
      state[i] = (state[(i + 397) % 624] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}
