/** MT19937: Matsumoto and Nishimura, "Mersenne Twister" (1998), with their 2002 initialisation. */
export class MersenneTwister {
  readonly #state = new Uint32Array(624);
  #position = 624;

  /** @param seed 0 to 2^32 - 1 */
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
