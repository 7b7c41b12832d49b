import fc from 'fast-check';
import { expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { generationOptionsSchema } from '#src/options/generation-options.js';
import type { Job } from '#src/service/job.js';
import { secondsLeft, shareDone, stateOf } from '#src/service/sdapi/progress-routes.js';

const jobAt = (step: number, steps: number, batchCount: number, batchSize: number): Job => ({
  ...{ id: 'a', kind: 'txt2img', state: 'running', createdAt: 0, startedAt: 1000, endedAt: null, position: null },
  options: {
    generation: generationOptionsSchema.parse({ batchCount, batchSize }),
    ...{ img2img: null, animation: animationOptionsSchema.parse({}), of: null, image: null },
  },
  progress: {
    ...{ step, steps, stepsPerSecond: null, secondsLeft: null, phase: 'sampling', frame: 0, frames: 0, preview: 0 },
  },
  ...{
    host: 'embedded',
    hosts: ['embedded'],
    waitsFor: [],
    images: [],
    animations: [],
    notes: [],
    error: null,
    errorCode: null,
  },
});

it('counts batches and their steps as the web UIs, whatever has been taken', () => {
  const numbers = fc.record({
    ...{ each: fc.integer({ min: 1, max: 200 }), batchCount: fc.integer({ min: 1, max: 20 }) },
    ...{ batchSize: fc.integer({ min: 1, max: 8 }), share: fc.double({ min: 0, max: 1, noNaN: true }) },
  });
  fc.assert(
    fc.property(numbers, ({ each, batchCount, batchSize, share }) => {
      const steps = each * batchCount * batchSize;
      const job = jobAt(Math.round(share * steps), steps, batchCount, batchSize);
      const state = stateOf(job, { interrupted: false, skipped: false });
      const { job_no, sampling_step } = state as { job_no: number; sampling_step: number };
      expect(state).toMatchObject({ job_count: batchCount, sampling_steps: each });
      expect(job_no).toBeLessThan(batchCount);
      expect(sampling_step).toBeLessThan(each);
      const taken = Math.floor(Math.round(share * steps) / batchSize);
      expect(job_no * each + sampling_step).toBe(Math.max(taken - 1, 0));
      expect(shareDone(job)).toBeGreaterThan(0);
      expect(shareDone(job)).toBeLessThan(1);
      expect(secondsLeft(job, 5000)).toBeGreaterThan(0);
    }),
  );
});
