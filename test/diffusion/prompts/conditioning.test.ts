import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyWeights } from '#src/diffusion/prompts/conditioning.js';
import { references } from './references.js';

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

it.each(references.weighting)('weighs as the web UI does: $weights', ({ width, weights, hidden, weighted }) => {
  const result = applyWeights(Float32Array.from(hidden), weights, width);
  expect(result).toHaveLength(weighted.length);
  for (const [i, value] of weighted.entries()) expect(result[i]).toBeCloseTo(value, 5);
});

it('keeps every bit where all weights are 1', () => {
  const hidden = Float32Array.from([1e-40, -0, Number.NaN, 0.1, Infinity, 7]);
  expect(applyWeights(hidden, [1, 1, 1], 2)).toBe(hidden);
});

it('leaves its input as it is and keeps the mean', () => {
  const vector = fc.array(fc.float({ min: 0.125, max: 100, noNaN: true }), { minLength: 2, maxLength: 2 });
  const token = fc.record({ vector, weight: fc.double({ min: 0.1, max: 3, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(token, { minLength: 1 }), (tokens) => {
      const hidden = Float32Array.from(tokens.flatMap(({ vector }) => vector));
      const before = hidden.slice();
      const weights = tokens.map(({ weight }) => weight);
      const result = applyWeights(hidden, weights, 2);
      expect(hidden).toEqual(before);
      expect(mean(result) / mean(hidden)).toBeCloseTo(1, 5);
    }),
  );
});

it('gives zeros, not NaN, where all weights are 0', () => {
  expect(applyWeights(Float32Array.from([1, 2]), [0, 0], 1)).toEqual(Float32Array.from([0, 0]));
});
