import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeline, frameAt } from '#dist/animation/timeline.js';

const timelines = fc
  .record({
    sources: fc.integer({ min: 1, max: 1500 }),
    duration: fc.integer({ min: 5, max: 400 }).map((tenths) => tenths / 10),
    fps: fc.integer({ min: 1, max: 120 }),
    mode: fc.constantFrom('none' as const, 'blend' as const),
  })
  .map(({ sources, duration, fps, mode }) => ({
    duration,
    fps,
    timeline: createTimeline(sources, duration, fps, mode),
  }));

const position = ({ from, weight }: { from: number; weight: number }) => from + weight;

function framesOf(timeline: ReturnType<typeof createTimeline>) {
  return Array.from({ length: timeline.frames }, (_, n) => frameAt(timeline, n));
}

describe('timeline', () => {
  it('has exactly the frames of its duration, and two at least for two sources', () => {
    fc.assert(
      fc.property(timelines, ({ timeline, duration, fps }) => {
        const wanted = Math.round(duration * fps);
        expect(timeline.frames).toBe(Math.max(wanted, timeline.sources > 1 ? 2 : 1));
      }),
    );
  });

  it('begins with the first source, ends on the last, and never goes back', () => {
    fc.assert(
      fc.property(timelines, ({ timeline }) => {
        const frames = framesOf(timeline);
        expect(frames.at(0)).toEqual(timeline.frames === 1 ? frames.at(-1) : { from: 0, to: 0, weight: 0 });
        expect(frames.at(-1)).toEqual({ from: timeline.sources - 1, to: timeline.sources - 1, weight: 0 });
        for (let n = 1; n < frames.length; n++) {
          const [before, now] = [frames[n - 1], frames[n]];
          if (before && now) expect(position(now)).toBeGreaterThanOrEqual(position(before));
        }
      }),
    );
  });

  it('mixes only neighbours, and by a part of one', () => {
    fc.assert(
      fc.property(timelines, ({ timeline }) => {
        for (const { from, to, weight } of framesOf(timeline)) {
          expect(to - from).toBe(weight > 0 ? 1 : 0);
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(weight).toBeLessThan(1);
          expect(to).toBeLessThan(timeline.sources);
        }
      }),
    );
  });

  it('shows every source where there are frames enough', () => {
    fc.assert(
      fc.property(timelines, ({ timeline }) => {
        fc.pre(timeline.frames >= timeline.sources);
        const shown = new Set(framesOf(timeline).flatMap(({ from, to }) => [from, to]));
        expect(shown.size).toBe(timeline.sources);
      }),
    );
  });

  it('gives every source of a slide show the same time, to the frame', () => {
    fc.assert(
      fc.property(timelines, ({ timeline }) => {
        fc.pre(timeline.mode === 'none' && timeline.frames >= timeline.sources);
        const counts = new Array<number>(timeline.sources).fill(0);
        for (const { from } of framesOf(timeline)) counts[from] = (counts[from] ?? 0) + 1;
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('shows the source nearest in time where there are fewer frames than sources', () => {
    const timeline = createTimeline(100, 0.5, 10, 'blend');
    expect(framesOf(timeline).map(({ from }) => from)).toEqual([0, 25, 50, 74, 99]);
  });
});
