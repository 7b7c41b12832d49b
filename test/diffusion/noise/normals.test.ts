import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNormals } from '#src/diffusion/noise/normals.js';
import { momentsOf, oracle, summarize } from './oracle.js';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe.each(oracle.normals)('the noise of $generator seed $seed', ({ generator, seed, calls }) => {
  it('is that of PyTorch bit for bit, call after call', () => {
    const normals = createNormals(generator, seed);
    expect(calls.map(({ length }) => summarize(normals.next(length)))).toEqual(calls);
  });
});

describe.each(['cpu', 'gpu'] as const)('%s noise', (generator) => {
  it('has mean 0 and variance 1', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { mean, variance } = momentsOf(createNormals(generator, seed).next(10_000));
        // Five standard deviations of the mean and of the variance of so many values.
        expect(Math.abs(mean)).toBeLessThan(0.05);
        expect(Math.abs(variance - 1)).toBeLessThan(0.071);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('is the same for the same seed, another for the next, and fresh at every call', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 2 }), fc.integer({ min: 1, max: 100 }), (seed, length) => {
        const [normals, same, other] = [seed, seed, seed + 1].map((seed) => createNormals(generator, seed));
        const first = normals?.next(length);
        expect(first).toEqual(same?.next(length));
        expect(first).not.toEqual(other?.next(length));
        expect(first).not.toEqual(normals?.next(length));
      }),
    );
  });

  it('is of any length, none included', () => {
    for (const length of [0, 1, 15, 16, 17]) expect(createNormals(generator, 3).next(length)).toHaveLength(length);
  });
});

it('is on the GPU what the web UIs give as the example of seed 0', () => {
  const published = [
    -0.92466259, -0.42534415, -2.6438457, 0.14518388, -0.12086647, -0.57972564, -0.62285122, -0.32838709, -1.07454231,
    -0.36314407, -1.67105067, 2.26550497,
  ];
  const values = createNormals('gpu', 0).next(12);
  published.forEach((value, i) => {
    expect(values[i]).toBeCloseTo(value, 6);
  });
});
