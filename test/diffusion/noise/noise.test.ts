import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNoiseSource, type NoiseOptions } from '#src/diffusion/noise/noise.js';
import { largestDifference } from '../references.js';
import { momentsOf, oracle, summarize } from './oracle.js';

describe('the noise of a batch', () => {
  it.each(oracle.starting)('is that of the web UIs, first and later: %j', ({ shape, first, second, ...options }) => {
    const noise = createNoiseSource(shape, optionsOf(options));
    expect(largestDifference(noise().data, first)).toBeLessThan(2e-6);
    expect(summarize(noise().data)).toEqual(second);
  });

  it('is the same for an image in any batch', () => {
    const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const image = fc.record({ seed, variationSeed: seed });
    const size = fc.record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) });
    const shared = fc.record({
      generator: fc.constantFrom('cpu' as const, 'gpu' as const),
      variationStrength: fc.double({ min: 0, max: 1, noNaN: true }),
      size,
      resizeFrom: size,
    });
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 4 }), shared, (images, { size, ...options }) => {
        const sourceOf = (some: typeof images) =>
          createNoiseSource([some.length, 2, size.height, size.width], {
            ...options,
            seeds: some.map(({ seed }) => seed),
            variationSeeds: some.map(({ variationSeed }) => variationSeed),
          });
        const batch = sourceOf(images);
        const alone = images.map((image) => sourceOf([image]));
        for (let call = 0; call < 3; call++) {
          expect([...batch().data]).toEqual(alone.flatMap((source) => [...source().data]));
        }
      }),
    );
  });

  it('has mean 0 and variance 1 with any strength of variation and from any size', () => {
    const strength = fc.double({ min: 0, max: 1, noNaN: true });
    const length = fc.integer({ min: 2, max: 100 });
    fc.assert(
      fc.property(strength, length, length, (variationStrength, width, height) => {
        const options = {
          generator: 'gpu',
          variationSeeds: [2],
          variationStrength,
          resizeFrom: { width, height },
        } as const;
        const { mean, variance } = momentsOf(createNoiseSource([1, 4, 64, 64], { seeds: [1], ...options })().data);
        expect(Math.abs(mean)).toBeLessThan(0.05);
        expect(Math.abs(variance - 1)).toBeLessThan(0.08);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it('stays a number in images one value high, whose columns have no angle between them', () => {
    const options = { seeds: [1], generator: 'cpu', variationSeeds: [2], variationStrength: 0.5 } as const;
    expect([...createNoiseSource([1, 1, 1, 40], options)().data].every(Number.isFinite)).toBe(true);
  });
});

/** The options that are there: the oracle's file has null for the others. */
function optionsOf(options: { readonly [Key in keyof NoiseOptions]: NoiseOptions[Key] | null }): NoiseOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as NoiseOptions;
}
