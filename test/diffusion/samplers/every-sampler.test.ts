import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Latent, map } from '#src/diffusion/latent.js';
import { findSampler, findScheduler } from '#src/diffusion/names.js';
import { samplers } from '#src/diffusion/samplers/index.js';
import type { Sampling } from '#src/diffusion/samplers/sampler.js';
import { largestDifference } from '../references.js';
import { collect, samplerCases, samplingFor, sigmasOf } from './references.js';

const churned = { churn: 3, churnFrom: 0.1, churnTo: 5, noiseScale: 1.1 };

/** The options in a case's name. */
function optionsOf(name: string): Partial<Sampling> {
  if (name.endsWith(', churned')) return churned;
  if (name === 'DPM adaptive, eta 0.5' || name === 'DDIM, eta 0.5') return { eta: 0.5 };
  if (name.endsWith(', eta 0.5')) return { eta: 0.5, noiseScale: 0.9 };
  return name.endsWith(', eta 0') ? { eta: 0 } : {};
}

/** The references of these cannot go down to 0. */
const endsAbove0 = ['UniPC', 'DEIS'];

/**
 * The adaptive solver chooses its steps by differences of nearly equal numbers: k-diffusion's in 32 bits ends up to
 * 1.2e-3 from k-diffusion's in 64 bits, which the references are of.
 */
const toleranceOf = (name: string) => (name === 'DPM adaptive' ? 2e-3 : 1e-4);

describe.each([...new Set(samplerCases.map(({ name }) => name))])('%s', (name) => {
  const cases = samplerCases.filter((each) => each.name === name);
  const row = findSampler(name.split(',')[0] ?? '');

  it.each(cases.map((each) => [`${each.schedule}, ${each.steps} steps`, each] as const))(
    'takes the steps of its reference: %s',
    async (_, each) => {
      const sigmas = sigmasOf(each);
      const levels = endsAbove0.includes(name) ? [...sigmas.slice(0, -1), 0.01] : sigmas;
      const { steps, final } = await collect(row.sample, samplingFor(levels, optionsOf(name)));
      expect(largestDifference(final.data, each.final)).toBeLessThan(toleranceOf(row.name));
      // The web UI's PLMS reports where the corrected direction points, not the model's prediction.
      if (name !== 'PLMS') expect(largestDifference(steps[1]?.denoised.data ?? [], each.second)).toBeLessThan(1e-4);
      expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
      // k-diffusion reports rejected attempts of the adaptive solver, we do not.
      if (row.name !== 'DPM adaptive') expect(steps).toHaveLength(each.guesses);
      const plan = row.plan?.(levels) ?? { steps: levels.length - 1, exact: true };
      if (plan.exact) expect(plan.steps).toBe(steps.length);
    },
  );
});

it.each(endsAbove0)(
  '%s goes to the lowest level as its reference does, also where a step to 0 follows',
  async (name) => {
    for (const each of samplerCases.filter((one) => one.name === name && one.steps === 10)) {
      const levels = [...sigmasOf(each).slice(0, -1), 0.01];
      const { steps } = await collect(findSampler(name).sample, samplingFor([...levels, 0]));
      expect(largestDifference(steps.at(-1)?.noisy.data ?? [], each.final)).toBeLessThan(1e-4);
    }
  },
);

describe.each(samplers.map((row) => [row.name, row] as const))('%s', (_, row) => {
  const { schedule } = findScheduler('Automatic', row);
  const trainingSigmas = Array.from({ length: 1000 }, (_, i) => 0.03 * (14.6 / 0.03) ** (i / 999));
  const levels = (steps: number) => schedule({ trainingSigmas, steps, family: 'sd' });

  it.each([1, 2, 3, 50])('takes %s steps to finite numbers', async (steps) => {
    const { steps: taken, final } = await collect(row.sample, samplingFor(levels(steps)));
    expect(taken.length).toBeGreaterThan(0);
    for (const { denoised } of taken) expect(denoised.data.every(Number.isFinite)).toBe(true);
    expect(final.data.every(Number.isFinite)).toBe(true);
  });

  it('ends at the prediction of a constant denoiser', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 40 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        async (steps, goal) => {
          const denoise: Sampling['denoise'] = async (latent) => map(latent, () => goal);
          const denoiseBoth: Sampling['denoiseBoth'] = async (latent) => {
            const clean = map(latent, () => goal);
            return { guided: clean, unguided: clean };
          };
          const { final } = await collect(row.sample, samplingFor(levels(steps), { denoise, denoiseBoth }));
          // Two of them end on the lowest level, not on 0.
          for (const value of final.data) expect(Math.abs(value - goal)).toBeLessThan(0.15);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('ends even if the model returns NaN, as in half precision', async () => {
    const broken = async (latent: Latent) => map(latent, () => Number.NaN);
    const denoiseBoth: Sampling['denoiseBoth'] = async (latent) => ({
      guided: await broken(latent),
      unguided: await broken(latent),
    });
    const sampling = samplingFor(levels(6), { denoise: broken, denoiseBoth });
    const { steps } = await collect(row.sample, sampling);
    expect(steps.length).toBeLessThanOrEqual(7);
  });
});

it('finds samplers by the names of the web UIs and of ComfyUI', () => {
  for (const { name, aliases } of samplers) {
    for (const alias of [name, ...aliases]) expect(findSampler(alias.toUpperCase()).name).toBe(name);
  }
  const names = samplers.flatMap(({ name, aliases }) => [name, ...aliases].map((one) => one.toLowerCase()));
  expect(new Set(names).size).toBe(names.length);
});
