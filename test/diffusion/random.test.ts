import { describe, expect, it } from 'vitest';
import { createNoiseSource } from '#dist/diffusion/noise.js';
import { NormalGenerator } from '#dist/diffusion/random.js';
import { largestDifference, references } from './references.js';

describe.each(references.normals)('the noise of seed $seed', ({ seed, calls }) => {
  it('is that of torch.randn on the CPU, call after call', () => {
    const generator = new NormalGenerator(seed);
    for (const expected of calls) {
      const values = generator.normals(expected.length);
      // Below 16 values PyTorch works in double precision; above, its vector kernels approximate a little.
      const tolerance = expected.length < 16 ? 0 : 1e-6;
      expect(largestDifference(values, expected)).toBeLessThanOrEqual(tolerance);
    }
  });
});

it('gives each image of a batch the noise that it has alone', () => {
  const batch = createNoiseSource([2, 4, 3, 3], [7, 8]);
  const alone = createNoiseSource([1, 4, 3, 3], [8]);
  for (let call = 0; call < 3; call++) {
    expect(batch().data.subarray(36)).toEqual(alone().data);
  }
});
