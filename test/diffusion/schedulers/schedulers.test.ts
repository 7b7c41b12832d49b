import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findScheduler, schedulerNames } from '#src/diffusion/names.js';
import { discardNextToLast, img2imgSteps, remainingSigmas } from '#src/diffusion/passes.js';
import { samplers } from '#src/diffusion/samplers/index.js';
import { schedulers } from '#src/diffusion/schedulers/index.js';
import type { ScheduleRequest, Scheduler } from '#src/diffusion/schedulers/scheduler.js';
import {
  sigmaAt,
  type TrainingSchedule,
  timestepAt,
  trainingSigmas,
} from '#src/diffusion/schedulers/training-sigmas.js';
import { StepsAnimationError } from '#src/errors.js';
import { type BetaSchedule, largestDifference, references } from '../references.js';

type Lists = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** What diffusers, k-diffusion and Forge make: see oracles/schedulers.py. */
type Golden = {
  readonly schedules: Readonly<
    Record<
      BetaSchedule,
      {
        readonly trainingSigmas: readonly number[];
        readonly zeroTerminalSnr: readonly number[];
        readonly lists: Lists;
        readonly limited: Readonly<Record<string, readonly number[]>>;
      }
    >
  >;
  readonly sdxl: Lists;
  readonly trained: { readonly betas: readonly number[]; readonly sigmas: readonly number[] };
  readonly img2img: readonly {
    readonly steps: number;
    readonly strength: number;
    readonly exact: boolean;
    readonly scheduled: number;
    readonly taken: number;
  }[];
};
const golden: Golden = JSON.parse(readFileSync(new URL('../fixtures/schedulers.json', import.meta.url), 'utf8'));

const kinds = Object.keys(references.schedules) as BetaSchedule[];
const stableDiffusion = { betaStart: 0.00085, betaEnd: 0.012, timesteps: 1000 };
const sigmasOf = (betaSchedule: BetaSchedule) => trainingSigmas({ ...stableDiffusion, betaSchedule });
const isSampled = (_: number, i: number) => i % 111 === 0;
const isFalling = (values: readonly number[]) => values.every((v, i) => i === 0 || v < (values[i - 1] ?? Number.NaN));

const table: readonly { readonly name: string; readonly schedule: Scheduler }[] = schedulers;
const scheduleNamed = (name: string): Scheduler => {
  const [sampler] = samplers;
  if (!sampler) throw new Error('there are no samplers');
  return findScheduler(name, sampler).schedule;
};

/** Equal lengths, and no value further than 2e-5 of it away. */
function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  const far = actual.filter(
    (value, i) => !(Math.abs(value - (expected[i] ?? Number.NaN)) <= 2e-5 * (expected[i] ?? 0)),
  );
  expect(far, `${actual.join(' ')} are to be ${expected.join(' ')}`).toEqual([]);
}

describe.each(kinds)('with the training schedule %s', (kind) => {
  const training = sigmasOf(kind);
  const { lists, limited, ...expected } = golden.schedules[kind];

  it('knows the training levels of diffusers', () => {
    expectClose(training.filter(isSampled), expected.trainingSigmas);
  });

  it('rescales to a terminal SNR of zero as diffusers does, and ends as Forge does', () => {
    const rescaled = trainingSigmas({ ...stableDiffusion, betaSchedule: kind, zeroTerminalSnr: true });
    expectClose(rescaled.filter(isSampled), expected.zeroTerminalSnr);
  });

  it('finds timesteps as k-diffusion does', () => {
    for (const { sigma, timestep } of references.schedules[kind].timesteps) {
      expect(timestepAt(training, sigma)).toBeCloseTo(timestep, 1);
    }
  });

  it('gives the levels of k-diffusion for the 32-bit levels of diffusers', () => {
    const { normal, karras, ...reference } = references.schedules[kind];
    expect(largestDifference(training.filter(isSampled), reference.trainingSigmas)).toBeLessThan(1e-4);
    for (const [name, list] of Object.entries({ Uniform: normal, Normal: normal, Karras: karras })) {
      for (const [steps, levels] of Object.entries(list)) {
        const own = scheduleNamed(name)({ trainingSigmas: training, steps: Number(steps), family: 'sd' });
        expect(largestDifference(own, levels)).toBeLessThan(2e-4);
      }
    }
  });

  it.each(Object.keys(lists))("gives the web UI's levels of %s", (name) => {
    for (const [steps, levels] of Object.entries(lists[name] ?? {})) {
      if (name.startsWith('Align') && steps === '1') continue;
      expectClose(scheduleNamed(name)({ trainingSigmas: training, steps: Number(steps), family: 'sd' }), levels);
    }
  });

  it.each(Object.keys(limited))("gives the web UI's levels of %s between chosen levels", (name) => {
    const request = {
      trainingSigmas: training,
      steps: 10,
      sigmaMin: 0.1,
      sigmaMax: 8,
      rho: 2.5,
      family: 'sd',
    } as const;
    expectClose(scheduleNamed(name)(request), limited[name] ?? []);
  });
});

describe('Align Your Steps', () => {
  const trained = sigmasOf('scaled_linear');

  it.each(Object.keys(golden.sdxl))("gives the web UI's levels of %s for SDXL", (name) => {
    for (const [steps, levels] of Object.entries(golden.sdxl[name] ?? {})) {
      if (steps === '1') continue;
      expectClose(scheduleNamed(name)({ trainingSigmas: trained, steps: Number(steps), family: 'sdxl' }), levels);
    }
  });

  it.each(Object.keys(golden.sdxl))('starts a single step of %s at the highest level', (name) => {
    expectClose(scheduleNamed(name)({ trainingSigmas: trained, steps: 1, family: 'sd' }), [14.615, 0]);
  });
});

describe('training levels', () => {
  const signalOf = (sigma: number) => 1 / (1 + sigma ** 2);

  it('come from the trained betas where there are any', () => {
    const { betas, sigmas } = golden.trained;
    const schedule = { ...stableDiffusion, betaSchedule: 'linear', trainedBetas: betas } as const;
    expectClose(trainingSigmas(schedule), sigmas);
  });

  it('stay finite where the last trained beta is 1', () => {
    const trainedBetas = [0.1, 0.5, 1];
    const sigmas = trainingSigmas({ ...stableDiffusion, betaSchedule: 'linear', trainedBetas });
    expectClose(sigmas.map(signalOf), [0.9, 0.45, 4.8973451890853435e-8]);
  });

  it('lead from a timestep to a level and back', () => {
    const sigmas = sigmasOf('scaled_linear');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 999, noNaN: true }), (timestep) => {
        expect(timestepAt(sigmas, sigmaAt(sigmas, timestep))).toBeCloseTo(timestep, 6);
      }),
    );
  });

  it('rise, are finite and keep their first, whatever the schedule', () => {
    fc.assert(
      fc.property(trainingSchedules, (schedule) => {
        const sigmas = trainingSigmas(schedule);
        expect(sigmas).toHaveLength(schedule.timesteps);
        expect(sigmas.every(Number.isFinite)).toBe(true);
        expect(isFalling(sigmas.toReversed())).toBe(true);
        const [plain] = trainingSigmas({ ...schedule, zeroTerminalSnr: false });
        expect(sigmas[0]).toBeCloseTo(plain ?? Number.NaN, 9);
      }),
    );
  });
});

const trainingSchedules: fc.Arbitrary<TrainingSchedule> = fc.record({
  betaSchedule: fc.constantFrom(...kinds),
  betaStart: fc.double({ min: 1e-5, max: 1e-3, noNaN: true }),
  betaEnd: fc.double({ min: 2e-3, max: 0.02, noNaN: true }),
  timesteps: fc.oneof(fc.constant(1000), fc.integer({ min: 2, max: 4000 })),
  zeroTerminalSnr: fc.boolean(),
});
const stepCounts = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1000 }));
const requests: fc.Arbitrary<ScheduleRequest> = fc
  .record({
    schedule: trainingSchedules,
    steps: stepCounts,
    family: fc.constantFrom('sd' as const, 'sdxl' as const),
    rho: fc.option(fc.double({ min: 0.1, max: 1000, noNaN: true }), { nil: undefined }),
    limits: fc.option(
      fc.tuple(fc.double({ min: 0, max: 0.4, noNaN: true }), fc.double({ min: 0.6, max: 1, noNaN: true })),
    ),
  })
  .map(({ schedule, steps, family, rho, limits }) => {
    const sigmas = trainingSigmas(schedule);
    const at = (share: number) => sigmaAt(sigmas, share * (sigmas.length - 1));
    const request = { trainingSigmas: sigmas, steps, family, ...(rho === undefined ? {} : { rho }) };
    return limits ? { ...request, sigmaMin: at(limits[0]), sigmaMax: at(limits[1]) } : request;
  });

describe.each(table)('$name', ({ name, schedule }) => {
  it('falls strictly to its end through finite levels, for any training and 1 to 1000 steps', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const sigmas = schedule(request);
        expect(sigmas.length).toBeGreaterThan(1);
        expect(sigmas.every(Number.isFinite)).toBe(true);
        expect(isFalling(sigmas)).toBe(true);
        if (name === 'KL Optimal') expect(sigmas.at(-1)).toBeGreaterThan(0);
        else expect(sigmas.at(-1)).toBe(0);
        if (name !== 'DDIM') expect(sigmas).toHaveLength(request.steps + 1);
      }),
    );
  });
});

const fromTheTop = ['Uniform', 'Karras', 'Exponential', 'Polyexponential', 'KL Optimal', 'Simple', 'Normal', 'Beta'];
it.each([...fromTheTop, 'SGM Uniform', 'Turbo'])('%s starts at the highest training level', (name) => {
  fc.assert(
    fc.property(trainingSchedules, stepCounts, (training, steps) => {
      const sigmas = trainingSigmas(training);
      const [first = Number.NaN] = scheduleNamed(name)({ trainingSigmas: sigmas, steps, family: 'sd' });
      const highest = sigmas.at(-1) ?? Number.NaN;
      // tan(atan σ) loses as many digits as σ has.
      const rounding = name === 'KL Optimal' ? highest * Number.EPSILON : 0;
      expect(Math.abs(first / highest - 1)).toBeLessThan(5e-6 + rounding);
    }),
  );
});

it.each(['Karras', 'Exponential', 'Polyexponential', 'KL Optimal', 'SGM Uniform', 'Normal', 'Beta'])(
  '%s refuses a lowest level that is not below the highest',
  (name) => {
    const request = { trainingSigmas: sigmasOf('linear'), steps: 5, family: 'sd' } as const;
    for (const limits of [
      { sigmaMin: 2, sigmaMax: 1 },
      { sigmaMin: 1, sigmaMax: 1 },
      { sigmaMax: 0.001 },
      { sigmaMin: 0 },
    ]) {
      expect(() => scheduleNamed(name)({ ...request, ...limits })).toThrow(StepsAnimationError);
    }
  },
);

it('takes up to 999 steps with DDIM, and more than asked for where they do not divide the training', () => {
  const steps = (steps: number) =>
    scheduleNamed('DDIM')({ trainingSigmas: sigmasOf('linear'), steps, family: 'sd' }).length - 1;
  expect([1, 10, 60, 999, 1000].map(steps)).toEqual([1, 10, 63, 999, 999]);
});

it('finds schedulers by the names of web UIs and ComfyUI, none of which means two', () => {
  const [sampler] = samplers;
  if (!sampler) throw new Error('there are no samplers');
  const keys = 'karras sgm_uniform SGMUniform ddim_uniform simple kl_optimal align_your_steps ays exponential beta';
  expect(keys.split(' ').map((key) => findScheduler(key, sampler).name)).toEqual(
    'Karras,SGM Uniform,SGM Uniform,DDIM,Simple,KL Optimal,Align Your Steps,Align Your Steps,Exponential,Beta'.split(
      ',',
    ),
  );
  const all = schedulers.flatMap(({ name, aliases }) => [name, ...aliases].map((known) => known.toLowerCase()));
  expect(new Set(all).size).toBe(all.length);
  expect(schedulerNames).toEqual(['Automatic', ...schedulers.map(({ name }) => name)]);
});

describe('of a schedule', () => {
  it("as many steps remain for a picture as in the web UI's img2img", () => {
    for (const { steps, strength, exact, scheduled, taken } of golden.img2img) {
      expect(img2imgSteps(steps, strength, exact)).toEqual({ scheduled, taken });
    }
  });

  it('the last steps remain, of all schedulers at least one and never more than were scheduled', () => {
    const strengths = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0.02, max: 1, noNaN: true }));
    const fewSteps = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(
        fewSteps,
        strengths,
        fc.boolean(),
        fc.constantFrom(...table),
        (steps, strength, exact, { schedule }) => {
          const counts = img2imgSteps(steps, strength, exact);
          const sigmas = schedule({ trainingSigmas: sigmasOf('scaled_linear'), steps: counts.scheduled, family: 'sd' });
          const remaining = remainingSigmas(sigmas, counts);
          expect(remaining.length).toBeGreaterThan(1);
          expect(remaining.every((sigma, i) => sigma === sigmas[sigmas.length - remaining.length + i])).toBe(true);
          expect(remaining).toHaveLength(Math.min(counts.taken + 1, sigmas.length));
        },
      ),
    );
  });

  it('the level before the closing one can be left out', () => {
    expect(discardNextToLast([3, 2, 1, 0])).toEqual([3, 2, 0]);
    expect(discardNextToLast([1, 0])).toEqual([0]);
  });
});
