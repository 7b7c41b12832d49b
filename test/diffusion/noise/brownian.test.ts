import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBrownianNoise } from '#src/diffusion/noise/brownian.js';
import { momentsOf, oracle, summarize } from './oracle.js';

const level = fc.double({ min: 0.03, max: 14.6, noNaN: true });
const range = { generator: 'cpu', lowestSigma: 0.03, highestSigma: 14.6 } as const;

describe('Brownian noise', () => {
  it.each(oracle.brownian)(
    'is that of k-diffusion and torchsde bit for bit: $generator, seeds $seeds, $shape',
    (known) => {
      const { shape, seeds, generator, lowest, highest, answers } = known;
      const brownian = createBrownianNoise(shape, { seeds, generator, lowestSigma: lowest, highestSigma: highest });
      for (const { from, to, ...expected } of answers) {
        expect(summarize(brownian(from, to).data), `from ${from} to ${to}`).toEqual(expected);
      }
    },
  );

  it('is the same for the same levels, in any order of queries', () => {
    fc.assert(
      fc.property(level, level, fc.array(fc.tuple(level, level), { maxLength: 5 }), (from, to, others) => {
        const busy = createBrownianNoise([1, 1, 4, 4], { ...range, seeds: [5] });
        for (const [from, to] of others) busy(from, to);
        const fresh = createBrownianNoise([1, 1, 4, 4], { ...range, seeds: [5] });
        expect(busy(from, to)).toEqual(fresh(from, to));
      }),
    );
  });

  it('adds up: the increments over adjacent intervals sum to that over both, and the reverse interval negates it', () => {
    const brownian = createBrownianNoise([1, 1, 4, 4], { ...range, seeds: [5] });
    fc.assert(
      fc.property(level, level, level, (a, b, c) => {
        const increment = (from: number, to: number) => {
          const deviation = Math.sqrt(Math.abs(Math.fround(to) - Math.fround(from)));
          return [...brownian(from, to).data].map((value) => value * deviation);
        };
        const [first, second, both] = [increment(a, b), increment(b, c), increment(a, c)];
        both.forEach((value, i) => {
          expect((first[i] ?? 0) + (second[i] ?? 0)).toBeCloseTo(value, 4);
        });
        expect(increment(c, a)).toEqual(both.map((value) => 0 - value));
      }),
    );
  });

  it('has mean 0 and variance 1 over any interval', () => {
    const brownian = createBrownianNoise([1, 4, 50, 50], { ...range, seeds: [9] });
    fc.assert(
      fc.property(level, level, (from, to) => {
        // Shorter ways than some millionths are not told apart.
        fc.pre(Math.abs(from - to) > 1e-3);
        const { mean, variance } = momentsOf(brownian(from, to).data);
        expect(Math.abs(mean)).toBeLessThan(0.05);
        expect(Math.abs(variance - 1)).toBeLessThan(0.071);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('is independent over disjoint intervals', () => {
    const brownian = createBrownianNoise([1, 4, 50, 50], { ...range, seeds: [9] });
    const ways = [14.6, 9.1, 5, 2.2, 1, 0.4, 0.1, 0.03].map(
      (from, i, levels) => brownian(from, levels[i + 1] ?? 0.03).data,
    );
    for (const [i, way] of ways.slice(0, -1).entries()) {
      for (const other of ways.slice(i + 1, -1)) {
        const correlation = way.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0) / way.length;
        expect(Math.abs(correlation)).toBeLessThan(0.05);
      }
    }
  });

  it('gives each image of a batch the noise that it has alone', () => {
    const batch = createBrownianNoise([3, 1, 4, 4], { ...range, seeds: [7, 8, 8] });
    const alone = createBrownianNoise([1, 1, 4, 4], { ...range, seeds: [8] });
    for (const [from, to] of [
      [14.6, 3],
      [3, 0.2],
      [0.2, 0.03],
    ] as const) {
      const expected = [...alone(from, to).data];
      const { data } = batch(from, to);
      expect([...data.subarray(16)]).toEqual([...expected, ...expected]);
      expect([...data.subarray(0, 16)]).not.toEqual(expected);
    }
  });

  it('is none between levels that are the same, also where all are', () => {
    const wide = createBrownianNoise([1, 1, 4, 4], { ...range, seeds: [7] });
    const narrow = createBrownianNoise([1, 1, 4, 4], { ...range, lowestSigma: 14.6, seeds: [7] });
    for (const noise of [wide(2, 2), narrow(14.6, 14.6), narrow(14.6, 0)]) {
      expect(noise.data.every((value) => value === 0)).toBe(true);
    }
  });
});
