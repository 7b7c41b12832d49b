import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { karras, normal, type Scheduler, sigmaAt, timestepAt, trainingSigmas } from '#dist/diffusion/schedules.js';
import { type BetaSchedule, largestDifference, references } from './references.js';

const kinds = Object.keys(references.schedules) as BetaSchedule[];
const sigmasOf = (betaSchedule: BetaSchedule) =>
  trainingSigmas({ betaSchedule, betaStart: 0.00085, betaEnd: 0.012, timesteps: 1000 });

describe.each(kinds)('the schedule %s', (kind) => {
  const reference = references.schedules[kind];
  const sigmas = sigmasOf(kind);

  it('has the training levels of diffusers', () => {
    const sampled = sigmas.filter((_, i) => i % 111 === 0);
    expect(largestDifference(sampled, reference.trainingSigmas)).toBeLessThan(1e-4);
  });

  it.each(Object.keys(reference.normal))('gives the levels of k-diffusion for %s steps', (steps) => {
    expect(
      largestDifference(
        normal({ trainingSigmas: sigmas, steps: Number(steps), family: 'sd' }),
        reference.normal[steps] ?? [],
      ),
    ).toBeLessThan(1e-4);
  });

  it.each(Object.keys(reference.karras))('gives the Karras levels of k-diffusion for %s steps', (steps) => {
    expect(
      largestDifference(
        karras({ trainingSigmas: sigmas, steps: Number(steps), family: 'sd' }),
        reference.karras[steps] ?? [],
      ),
    ).toBeLessThan(2e-4);
  });

  it('finds timesteps as k-diffusion does', () => {
    for (const { sigma, timestep } of reference.timesteps) {
      expect(timestepAt(sigmas, sigma)).toBeCloseTo(timestep, 1);
    }
  });
});

describe.each<[string, Scheduler]>([
  ['normal', normal],
  ['karras', karras],
])('%s', (_, schedule) => {
  it('falls from the highest training level to the lowest, and then to 0', () => {
    const betaSchedules = fc.constantFrom(...kinds);
    fc.assert(
      fc.property(betaSchedules, fc.integer({ min: 2, max: 300 }), (kind, steps) => {
        const training = sigmasOf(kind);
        const sigmas = schedule({ trainingSigmas: training, steps, family: 'sd' });
        expect(sigmas).toHaveLength(steps + 1);
        expect(sigmas[0]).toBeCloseTo(training.at(-1) ?? Number.NaN, 6);
        expect(sigmas.at(-2)).toBeCloseTo(training[0] ?? Number.NaN, 6);
        expect(sigmas.at(-1)).toBe(0);
        expect(sigmas.every((sigma, i) => i === 0 || sigma < (sigmas[i - 1] ?? 0))).toBe(true);
      }),
    );
  });
});

it('leads from a timestep to a level and back', () => {
  const sigmas = sigmasOf('scaled_linear');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 999, noNaN: true }), (timestep) => {
      expect(timestepAt(sigmas, sigmaAt(sigmas, timestep))).toBeCloseTo(timestep, 6);
    }),
  );
});
