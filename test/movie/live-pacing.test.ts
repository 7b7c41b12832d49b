import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LivePacer, PacingQueue } from '#src/movie/live-pacing.js';
import { wholeOnBlack } from '#src/pictures/fit.js';
import { plain } from '../helpers/pictures.js';

/** The times of the pictures of a run, given as changes between neighbours and expected shares of them. */
function pace(changes: readonly number[], developments: readonly number[], typicalChange = 100): number[] {
  const pacer = new LivePacer(typicalChange);
  const times = [0, ...changes].flatMap((change, index) => pacer.add(change, developments[index] ?? 1));
  return [...times, ...pacer.end()];
}

/** Cumulative shares, from 0 to 1. */
function sharesOf(changes: readonly number[]): number[] {
  const total = changes.reduce((sum, change) => sum + change, 0);
  let passed = 0;
  const shares = changes.map((change) => {
    passed += change;
    return passed / total;
  });
  return [0, ...shares];
}

const run = fc.integer({ min: 1, max: 40 }).chain((length) => {
  const array = (max: number) =>
    fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true })), {
      minLength: length,
      maxLength: length,
    });
  return fc.record({
    changes: array(255),
    expected: array(1),
    typicalChange: fc.double({ min: 0.1, max: 500, noNaN: true }),
  });
});

describe('pacing while pictures are still coming', () => {
  it('gives each picture one time, never going back, from 0 to exactly 1', () => {
    fc.assert(
      fc.property(run, ({ changes, expected, typicalChange }) => {
        const developments = sharesOf(expected).map((share) => share * 0.999 || 0);
        const times = pace(changes, developments, typicalChange);
        expect(times).toHaveLength(changes.length + 1);
        expect([times[0], times.at(-1)]).toEqual([0, 1]);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });

  it('is even where the run changes as expected, however much it changes', () => {
    const changes = [30, 20, 10, 5, 5, 2, 1];
    for (const factor of [0.1, 1, 3]) {
      const run = changes.map((change) => change * factor);
      const shares = sharesOf(changes);
      const times = pace(run, shares, 73 * factor);
      for (const [index, time] of times.entries()) expect(time).toBeCloseTo(shares[index] ?? 0);
    }
  });

  it('is put right by what is measured where the run changes otherwise', () => {
    const changes = [30, 20, 10, 5, 5, 2, 1];
    const linear = changes.map((_, index) => index / changes.length);
    const deviation = (times: readonly number[]) =>
      Math.max(...sharesOf(changes).map((share, index) => Math.abs(share - (times[index] ?? 0))));
    expect(deviation([...linear, 1])).toBeGreaterThan(0.3);
    expect(deviation(pace(changes, linear, 73))).toBeLessThan(0.27);
  });

  it('holds pictures back until their times are decided, and keeps their order', async () => {
    const queue = new PacingQueue({ width: 2, height: 2, ...wholeOnBlack }, 60);
    const levels = [10, 20, 40, 40, 70];
    const added = [];
    for (const [index, level] of levels.entries())
      added.push(await queue.add(plain(2, 2, level, level, level), index / 4));
    expect(added.map(({ change }) => change)).toEqual([null, 10, 20, 0, 30]);
    expect(added.map(({ decided }) => decided.length)).toEqual([0, 0, 1, 1, 1]);
    const last = queue.end();
    const pictures = [...added.flatMap(({ decided }) => decided), ...last];
    expect(pictures.map(({ picture }) => picture.data[0])).toEqual(levels);
    expect(last.map(({ time }) => time)).toEqual([pictures[2]?.time, 1]);
  });
});
