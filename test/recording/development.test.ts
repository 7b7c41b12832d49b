import { describe, expect, it } from 'vitest';
import { Development } from '#src/recording/development.js';
import type { RecordedPass } from '#src/recording/steps.js';

const curve = [
  { sigma: 10, share: 0 },
  { sigma: 1, share: 0.5 },
  { sigma: 0.1, share: 1 },
];
const base = { kind: 'base', steps: 5, exact: true } as const;

describe('how far an image has developed', () => {
  it('follows the noise level, and reaches the end with the finished image only', () => {
    const development = new Development(new Map([[0, base]]), curve);
    const at = (sigma: number) => development.at({ pass: 0, step: 1, sigma });
    expect(at(20)).toBe(0);
    expect(at(Math.sqrt(10))).toBeCloseTo(0.25);
    expect(at(1)).toBeCloseTo(0.5);
    expect(at(0.1)).toBeLessThan(1);
    expect(at(0)).toBeLessThan(1);
  });

  it('follows the number of the step where noise levels are not known', () => {
    const development = new Development(new Map([[0, base]]), curve);
    const shares = [1, 2, 3, 4, 5, 6].map((step) => development.at({ pass: 0, step }));
    expect(shares[0]).toBe(0);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[1]).toBeGreaterThan(0.5);
    expect(shares.at(-1)).toBeLessThan(1);
  });

  it('gives each pass what changes from its first noise level on', () => {
    const hires = { kind: 'hires', steps: 3, exact: true, firstSigma: 1 } as const;
    const passes = new Map<number, RecordedPass>([
      [1, { ...base, firstSigma: 10 }],
      [2, hires],
    ]);
    const development = new Development(passes, curve);
    expect(development.at({ pass: 1, step: 1, sigma: 10 })).toBe(0);
    expect(development.at({ pass: 1, step: 5, sigma: 0.1 })).toBeCloseTo(2 / 3);
    expect(development.at({ pass: 2, step: 1, sigma: 1 })).toBeCloseTo(2 / 3);
    expect(development.at({ pass: 2, step: 3, sigma: 0.1 })).toBeCloseTo(1, 2);
  });
});
