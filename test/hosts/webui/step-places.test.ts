import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StepPlaces } from '#src/hosts/webui/step-places.js';
import { PollTimer } from '#src/hosts/webui/task.js';

const passSteps = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 2 });
const state = { skipped: false, interrupted: false, job: 'a', job_timestamp: '1' };

it('finds each step by the share that a web UI reports, once and in order', () => {
  const seen = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(passSteps, seen, (passes, share) => {
      const planned = passes.map((steps) => ({ kind: 'base', steps, exact: false }) as const);
      const places = new StepPlaces(planned, false);
      const jobs = passes.length;
      for (const [job, steps] of passes.entries()) {
        places.update({ ...state, job_no: job, job_count: jobs, sampling_step: 0, sampling_steps: steps });
        for (let step = 0; step < steps; step++) {
          // As progress.py adds it up.
          const progress = Math.min(job / jobs + ((1 / jobs) * step) / steps, 1);
          if ((step * 0.618) % 1 > share) continue;
          expect(places.take(progress)).toEqual({ pass: job, step: step + 1 });
          expect(places.take(progress)).toBeUndefined();
        }
      }
      expect(places.all).toBe(passes.reduce((sum, steps) => sum + steps, 0));
      expect(places.seen).toBeLessThanOrEqual(places.passed);
      expect(places.passed).toBeLessThanOrEqual(places.all);
    }),
  );
});

it('distinguishes passes where a web UI counts them as one job', () => {
  fc.assert(
    fc.property(passSteps, (passes) => {
      const planned = passes.map((steps) => ({ kind: 'base', steps, exact: false }) as const);
      const places = new StepPlaces(planned, false);
      const steps = passes.reduce((sum, one) => sum + one, 0);
      places.update({ ...state, job_no: 0, job_count: 1, sampling_step: 0, sampling_steps: steps });
      const found = Array.from({ length: steps }, (_, step) => places.take(step / steps));
      const wanted = passes.flatMap((count, pass) =>
        Array.from({ length: count }, (_, step) => ({ pass, step: step + 1 })),
      );
      expect(found).toEqual(wanted);
    }),
  );
});

it('polls twice a step, at most twenty times and at least twice a second', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ steps: fc.integer({ min: 0, max: 50 }), pause: fc.integer({ min: 0, max: 60_000 }) })),
      (seen) => {
        const timer = new PollTimer();
        let [steps, at] = [0, 0];
        for (const { steps: more, pause } of seen) {
          steps += more;
          at += pause;
          timer.update(steps, at);
          expect(timer.intervalMs).toBeGreaterThanOrEqual(50);
          expect(timer.intervalMs).toBeLessThanOrEqual(500);
        }
        timer.update(steps + 1, at + 1000);
        timer.update(steps + 5, at + 1800);
        expect(timer.intervalMs).toBe(100);
      },
    ),
  );
});
