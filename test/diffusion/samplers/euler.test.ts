import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Latent, map } from '#src/diffusion/latent.js';
import { euler, eulerAncestral } from '#src/diffusion/samplers/euler.js';
import type { Denoise, Sampler, Sampling } from '#src/diffusion/samplers/sampler.js';
import { ancestralLevels } from '#src/diffusion/samplers/steps.js';
import { largestDifference, references, type SampledReference } from '../references.js';
import { collect } from './references.js';

/** The exact denoiser for data that is normal with mean 0.3 and standard deviation 0.5. */
const toyDenoiser: Denoise = async (latent, sigma) =>
  map(latent, (value) => (value * 0.5 ** 2 + 0.3 * sigma ** 2) / (0.5 ** 2 + sigma ** 2));

const latentOf = (values: readonly number[]): Latent => ({ shape: [2, 1, 3, 3], data: Float32Array.from(values) });

function samplingOf({ noises, sigmas }: SampledReference): Sampling {
  const [first = [], ...fresh] = noises;
  const latent = map(latentOf(first), (value) => value * (sigmas[0] ?? 0));
  const noise = () => latentOf(fresh.shift() ?? []);
  const denoiseBoth = async (latent: Latent, sigma: number) => {
    const clean = await toyDenoiser(latent, sigma);
    return { guided: clean, unguided: clean };
  };
  return { denoise: toyDenoiser, denoiseBoth, timestepAt: Math.log, latent, sigmas, noise, brownian: noise };
}

describe.each<[keyof typeof references.samplers, Sampler, Partial<Sampling>]>([
  ['euler', euler, {}],
  ['eulerChurned', euler, { churn: 3, churnFrom: 0.1, churnTo: 5, noiseScale: 1.1 }],
  ['eulerAncestral', eulerAncestral, {}],
  ['eulerAncestralHalf', eulerAncestral, { eta: 0.5, noiseScale: 0.9 }],
])('%s', (name, sampler, options) => {
  const reference = references.samplers[name];

  it('takes the steps of k-diffusion', async () => {
    const { steps, final } = await collect(sampler, { ...samplingOf(reference), ...options });
    expect(steps.map(({ step }) => step)).toEqual(reference.steps.map((_, i) => i + 1));
    for (const [i, { sigma, denoised }] of reference.steps.entries()) {
      expect(steps[i]?.sigma).toBeCloseTo(sigma, 4);
      expect(largestDifference(steps[i]?.denoised.data ?? [], denoised)).toBeLessThan(1e-5);
    }
    expect(largestDifference(final.data, reference.final)).toBeLessThan(1e-5);
  });
});

it('splits the variance of the next level into what stays and what is fresh', () => {
  const level = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(
    fc.property(level, level, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, eta) => {
      const [next, sigma] = [Math.min(a, b), Math.max(a, b)];
      const { down, up } = ancestralLevels(sigma, next, eta);
      expect(down).toBeGreaterThanOrEqual(0);
      expect(down ** 2 + up ** 2).toBeCloseTo(next ** 2, 6);
    }),
  );
});
