import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepSpeed } from '#src/service/jobs/job-progress.js';

describe('the speed of steps', () => {
  it('is theirs when they come evenly, whatever the batch', () => {
    const even = fc.record({
      milliseconds: fc.integer({ min: 20, max: 5000 }),
      batch: fc.integer({ min: 1, max: 64 }),
      steps: fc.integer({ min: 2, max: 100 }),
    });
    fc.assert(
      fc.property(even, ({ milliseconds, batch, steps }) => {
        const speed = new StepSpeed();
        for (let step = 1; step <= steps; step++) {
          for (let i = 1; i <= batch; i++) speed.add((step - 1) * batch + i, step * milliseconds);
        }
        expect(speed.perSecond).toBeCloseTo((1000 * batch) / milliseconds, 6);
      }),
    );
  });

  it('is not known before there are two, and follows when they become slower', () => {
    const speed = new StepSpeed();
    expect(speed.perSecond).toBeNull();
    speed.add(1, 100);
    expect(speed.perSecond).toBeNull();
    for (let step = 2; step <= 30; step++) speed.add(step, step * 100);
    expect(speed.perSecond).toBeCloseTo(10, 6);
    for (let step = 31; step <= 50; step++) speed.add(step, 3000 + (step - 30) * 1000);
    expect(speed.perSecond).toBeCloseTo(1, 6);
  });
});
