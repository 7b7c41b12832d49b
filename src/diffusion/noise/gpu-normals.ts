import type { Normals } from './normals.js';

/** 2^-32 · 2π in single precision, as cuRAND has it (`CURAND_2POW32_INV_2PI`). */
const ANGLE_UNIT = Math.fround(2.3283064e-10 * 6.2831855);

/**
 * Seeded noise as PyTorch makes it on Nvidia GPUs, and as web UIs make it everywhere with the noise source "NV":
 * value `i` of call `n` is the first of the two Box–Muller normals of Philox4x32-10 at counter (n, 0, i, 0) with the
 * seed as its key. A GPU on which a tensor has more values than threads run at once takes the later values from the
 * other numbers of the same counters, each model of GPU from another value on; the web UIs do not follow it there, and
 * neither does this.
 */
export class GpuNormals implements Normals {
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

/**
 * The first two of the four random 32-bit numbers of Philox4x32-10 at counter (offset, 0, index, 0):
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
function philox(offset: number, index: number, seed: number): readonly [number, number] {
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
