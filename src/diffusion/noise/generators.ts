/** MT19937: Matsumoto and Nishimura, "Mersenne Twister" (1998), with the authors' initialisation of 2002. */
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

  /** The next 32 random bits, 0 to 2^32 - 1. */
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

/**
 * The first two of the four random 32-bit numbers of Philox4x32-10 at counter (offset, 0, index, 0):
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
export function philox(offset: number, index: number, seed: number): readonly [number, number] {
  let [a, b, c, d] = [offset, 0, index, 0];
  let [key, otherKey] = [seed, 0];
  for (let round = 0; round < 10; round++) {
    const nextA = highProduct(0xcd9e8d57, c) ^ b ^ key;
    const nextC = highProduct(0xd2511f53, a) ^ d ^ otherKey;
    b = Math.imul(0xcd9e8d57, c);
    d = Math.imul(0xd2511f53, a);
    a = nextA;
    c = nextC;
    key = (key + 0x9e3779b9) | 0;
    otherKey = (otherKey + 0xbb67ae85) | 0;
  }
  return [a >>> 0, b >>> 0];
}

/** The upper 32 of the 64 bits of the product of two unsigned 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff];
  const [bHigh, bLow] = [b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16);
}

// Constants of `numpy.random.SeedSequence`.
const INITIAL_A = 0x43b0d7e5;
const FACTOR_A = 0x931e8875;
const INITIAL_B = 0x8b51f9dd;
const FACTOR_B = 0x58f38ded;
const MIX_LEFT = 0xca01f9dd;
const MIX_RIGHT = 0x4973f715;

/**
 * `numpy.random.SeedSequence(entropy, spawn_key=…, pool_size=…).generate_state(count)`: independent seeds from one,
 * after M. E. O'Neill, "Developing a seed_seq Alternative" (2015).
 * @param entropy whole number from 0 to 2^53
 * @param spawnKey distinguishes these seeds from others of the same entropy: whole numbers from 0 to 2^53
 * @returns whole numbers from 0 to 2^32 - 1
 */
export function spawnSeeds(entropy: number, spawnKey: readonly number[], poolSize: number, count: number): Uint32Array {
  return stateOf(poolOf(wordsOf(entropy), spawnKey.flatMap(wordsOf), poolSize), count);
}

function poolOf(entropy: readonly number[], spawnKey: readonly number[], size: number): Uint32Array {
  const hash = hashing(INITIAL_A, FACTOR_A);
  const pool = Uint32Array.from({ length: size }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      if (from !== to) pool[to] = mix(pool[to] ?? 0, hash(pool[from] ?? 0));
    }
  }
  for (const word of spawnKey) {
    for (let to = 0; to < size; to++) pool[to] = mix(pool[to] ?? 0, hash(word));
  }
  return pool;
}

function stateOf(pool: Uint32Array, count: number): Uint32Array {
  const hash = hashing(INITIAL_B, FACTOR_B);
  return Uint32Array.from({ length: count }, (_, i) => hash(pool[i % pool.length] ?? 0));
}

/** A hash function whose constant changes from call to call. */
function hashing(initial: number, factor: number): (word: number) => number {
  let constant = initial;
  return (word) => {
    const mixed = word ^ constant;
    constant = Math.imul(constant, factor);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
}

function mix(left: number, right: number): number {
  const result = Math.imul(MIX_LEFT, left) - Math.imul(MIX_RIGHT, right);
  return result ^ (result >>> 16);
}

/** A whole number as 32-bit words, lowest first. */
function wordsOf(value: number): number[] {
  return value < 2 ** 32 ? [value] : [value % 2 ** 32, Math.floor(value / 2 ** 32)];
}
