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
 * @param spawnKey what tells these seeds from others of the same entropy: whole numbers from 0 to 2^53
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

/** A whole number in words of 32 bits, the lowest first. */
function wordsOf(value: number): number[] {
  return value < 2 ** 32 ? [value] : [value % 2 ** 32, Math.floor(value / 2 ** 32)];
}
