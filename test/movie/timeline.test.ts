import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createTimeline,
  frameAt,
  holdFrames,
  shownVisits,
  stepCount,
  type Timeline,
  type TimelineSettings,
  unknownTimes,
} from '#src/movie/timeline.js';

const tenths = (from: number, to: number) => fc.integer({ min: from, max: to }).map((value) => value / 10);

const settings: fc.Arbitrary<TimelineSettings> = fc.record({
  duration: tenths(5, 400),
  fps: fc.integer({ min: 1, max: 120 }),
  interpolation: fc.constantFrom('none', 'blend', 'smooth', 'mci'),
  loop: fc.constantFrom('none', 'boomerang'),
  noiseDuration: fc.oneof(fc.constant(0), tenths(0, 30)),
  firstFrameDuration: fc.oneof(fc.constant(0), tenths(0, 100)),
  lastFrameDuration: fc.oneof(fc.constant(0), tenths(0, 100)),
  finishFade: fc.constantFrom(undefined, 0.4),
});

/** When each of some sources is reached: some at the same time as the one before. */
const pacing = (sources: number) =>
  fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 9, noNaN: true })), {
    minLength: sources - 1,
    maxLength: sources - 1,
  });

const cases = fc
  .record({ sources: fc.integer({ min: 1, max: 300 }), settings, isPaced: fc.boolean() })
  .chain(({ sources, settings: { noiseDuration = 0, ...others }, isPaced }) => {
    // A loop shows no noise, so there is no picture of it; nor is there one beside a single source.
    const hasNoise = others.loop === 'none' && sources > 1;
    const settings = { ...others, noiseDuration: hasNoise ? noiseDuration : 0 };
    const steps = stepCount({ sources, ...settings });
    return pacing(steps).map((changes) => {
      const total = changes.reduce((sum, change) => sum + change, 0);
      const times = [0];
      let passed = 0;
      for (const change of changes) {
        passed += change;
        times.push(Math.min(passed / total, 1));
      }
      if (steps > 1) times[steps - 1] = 1;
      const isTimed = isPaced && total > 0;
      const timeline = createTimeline(sources, settings, isTimed ? times : undefined);
      return { sources, steps, settings, timeline, times: isTimed ? times : undefined };
    });
  });

const plain: TimelineSettings = {
  ...{ duration: 1, fps: 30, interpolation: 'blend', loop: 'none' },
  ...{ noiseDuration: 0, firstFrameDuration: 0, lastFrameDuration: 0 },
};

const plain8: TimelineSettings = { ...plain, fps: 8 };

function framesOf(timeline: Timeline) {
  return Array.from({ length: timeline.frames }, (_, n) => frameAt(timeline, n));
}

/** The sources that a frame shows, and how much of the second one. */
function shown({ visits }: Timeline, { from, to, weight }: ReturnType<typeof frameAt>) {
  return { from: visits[from], to: visits[to], weight };
}

describe('timeline', () => {
  it('has exactly the frames of its duration, noise and holds, and two at least for two steps', () => {
    fc.assert(
      fc.property(cases, ({ steps, settings, timeline }) => {
        const { duration, fps, noiseDuration, firstFrameDuration, lastFrameDuration } = settings;
        const noise = noiseDuration > 0 ? Math.max(Math.round(noiseDuration * fps), 1) : 0;
        const extra = noise + Math.round(firstFrameDuration * fps) + Math.round(lastFrameDuration * fps);
        expect(timeline.frames).toBe(Math.max(Math.round(duration * fps), steps > 1 ? 2 : 1) + extra);
      }),
    );
  });

  it('has two frames for several sources however short it is, and one for a single source', () => {
    const framesFor = (sources: number) => createTimeline(sources, { ...plain, duration: 0.5, fps: 1 }).frames;
    expect([1, 2, 3].map(framesFor)).toEqual([1, 2, 2]);
  });

  it('visits each source once, the last one first too where it is held at the start', () => {
    expect(createTimeline(3, plain)).toMatchObject({ visits: [0, 1, 2], fades: false });
    expect(createTimeline(3, plain).times).toBeUndefined();
    expect(createTimeline(3, { ...plain, firstFrameDuration: 0.1 }).visits).toEqual([2, 0, 1, 2]);
    expect(createTimeline(1, { ...plain, firstFrameDuration: 0.1, loop: 'boomerang' }).visits).toEqual([0]);
    expect(createTimeline(3, { ...plain, firstFrameDuration: 0.1, loop: 'boomerang' }).visits).toEqual([2, 1, 0, 1, 2]);
  });

  it('leaves the times as they are where the way to the finished image takes long enough', () => {
    const fadeOf = (times: readonly number[]) =>
      createTimeline(4, { ...plain, duration: 4, finishFade: 0.4 }, times).times;
    expect(fadeOf([0, 0.1, 0.5, 1])).toEqual([0, 0.1, 0.5, 1]);
    expect(fadeOf([0, 0.1, 0.9, 1])).toEqual([0, 0.1, 0.9, 1]);
    expect(fadeOf([0, 0.5, 1, 1])).toEqual([0, 0.45, 0.9, 1]);
    expect(createTimeline(4, { ...plain, duration: 4, finishFade: 0.4 }).times).toEqual([0, 1 / 3, 2 / 3, 1]);
  });

  it('opens on the noise and passes over to the first step in the time wanted, in a slide show at once', () => {
    const settings = { ...plain, fps: 8, noiseDuration: 0.5 };
    const timeline = createTimeline(3, settings);
    const frames = framesOf(timeline);
    expect(frames).toHaveLength(12);
    expect(frames.slice(0, 2)).toEqual([0, 0].map((from) => ({ from, to: from, weight: 0 })));
    expect(frames.slice(2, 4).map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(frames.slice(4)).toEqual(
      framesOf(createTimeline(2, plain8)).map((frame) => ({ ...frame, from: frame.from + 1, to: frame.to + 1 })),
    );
    const slides = createTimeline(3, { ...settings, interpolation: 'none' });
    expect(framesOf(slides).map(({ from }) => from)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it('is the same, frame by frame, when the times become known one by one', () => {
    fc.assert(
      fc.property(cases, ({ sources, settings, timeline, times }) => {
        if (!times || timeline.circular || timeline.fades || sources === 1) return;
        const live = { ...settings, firstFrameDuration: 0, finishFade: undefined };
        const expected = framesOf(createTimeline(sources, live, times));
        const known = unknownTimes({ sources, ...live });
        const growing = createTimeline(sources, live, known);
        expect(shownVisits(growing).size).toBe(sources);
        const made: ReturnType<typeof framesOf> = [];
        for (let visit = 0; visit < sources; visit++) {
          const step = visit - (sources - times.length);
          if (step >= 0) known[step] = times[step] ?? 1;
          while (made.length < growing.frames) {
            const frame = frameAt(growing, made.length);
            if (frame.to > visit) break;
            made.push(frame);
          }
        }
        expect(made).toEqual(expected);
      }),
    );
  });

  it('ends on the finished image, holds it, and shows it first where that is wanted', () => {
    fc.assert(
      fc.property(cases, ({ sources, timeline }) => {
        const finished = { from: sources - 1, to: sources - 1, weight: 0 };
        const frames = framesOf(timeline).map((frame) => shown(timeline, frame));
        const held = [...frames.slice(0, timeline.opening), ...frames.slice(-timeline.closing - 1)];
        expect(held).toEqual(held.map(() => finished));
        if (timeline.circular || timeline.body < 2) return;
        const first = frames[timeline.opening];
        expect([first?.from, first?.weight]).toEqual([timeline.times && timeline.noise === 0 ? first?.from : 0, 0]);
      }),
    );
  });

  it('stands still on the finished image in the frames of its holds', () => {
    fc.assert(
      fc.property(cases, ({ timeline }) => {
        const frames = holdFrames(timeline).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        );
        expect(frames).toHaveLength(
          timeline.visits.length === 1 ? timeline.frames : timeline.opening + timeline.closing,
        );
        for (const frame of frames) {
          const { to, weight } = frameAt(timeline, frame);
          expect([timeline.visits[to], weight]).toEqual([Math.max(...timeline.visits), 0]);
        }
      }),
    );
  });

  it('never goes back among its visits, and mixes only neighbours, by a part of one', () => {
    fc.assert(
      fc.property(cases, ({ timeline }) => {
        let before = 0;
        const wrong = framesOf(timeline).filter(({ from, to, weight }) => {
          const isOrdered = from + weight >= before;
          before = from + weight;
          const mixesNeighbours = to - from === (weight > 0 ? 1 : 0) && weight >= 0 && weight < 1;
          return !isOrdered || !mixesNeighbours || to >= timeline.visits.length;
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('shows every source where there are frames enough and time is given out evenly', () => {
    fc.assert(
      fc.property(cases, ({ sources, timeline }) => {
        if (timeline.times || timeline.body < timeline.visits.length) return;
        const seen = new Set([...shownVisits(timeline)].map((visit) => timeline.visits[visit]));
        expect(seen.size).toBe(sources);
      }),
    );
  });

  it('gives every source of a slide show the same time, to the frame', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), tenths(5, 100), (sources, duration) => {
        fc.pre(Math.round(duration * 30) >= sources);
        const timeline = createTimeline(sources, { ...plain, duration, interpolation: 'none' });
        const counts = new Array<number>(sources).fill(0);
        for (const { from } of framesOf(timeline)) counts[from] = (counts[from] ?? 0) + 1;
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('shows the source nearest in time where there are fewer frames than sources', () => {
    const timeline = createTimeline(100, { ...plain, duration: 0.5, fps: 10 });
    expect(framesOf(timeline).map(({ from }) => from)).toEqual([0, 25, 50, 74, 99]);
    expect([...shownVisits(timeline)]).toEqual([0, 25, 50, 74, 99]);
  });

  it('goes back and forth in a boomerang, each way in half the time, without repeating a frame at the seam', () => {
    const timeline = createTimeline(3, { ...plain, fps: 8, loop: 'boomerang' });
    const positions = framesOf(timeline).map((frame) => {
      const { from = 0, to = 0, weight } = shown(timeline, frame);
      return from + (to - from) * weight;
    });
    expect(positions).toEqual([1.5, 1, 0.5, 0, 0.5, 1, 1.5, 2]);
    const slides = createTimeline(3, { ...plain, fps: 8, loop: 'boomerang', interpolation: 'none' });
    expect(framesOf(slides).map((frame) => shown(slides, frame).from)).toEqual([1, 1, 0, 0, 1, 1, 2, 2]);
  });

  it('reaches each source at its time where times are given', () => {
    const timeline = createTimeline(3, { ...plain, fps: 11 }, [0, 0.2, 1]);
    const frames = framesOf(timeline);
    expect(frames[2]).toEqual({ from: 1, to: 1, weight: 0 });
    expect(frames[1]).toEqual({ from: 0, to: 1, weight: 0.5 });
    expect(frames[6]?.from).toBe(1);
    expect(frames[6]?.weight).toBeCloseTo(0.5);
    // Sources that are alike take no time.
    const alike = createTimeline(4, { ...plain, fps: 5 }, [0, 0, 1, 1]);
    expect(framesOf(alike).map(({ from }) => from)).toEqual([1, 1, 1, 1, 3]);
  });

  it('shows the source nearest in time where there are fewer frames than sources with times', () => {
    const times = [0, 0.1, 0.2, 0.7, 0.9, 1];
    const shownFrom = (duration: number) => framesOf(createTimeline(6, { ...plain, duration, fps: 10 }, times));
    expect(shownFrom(0.5).map(({ from, weight }) => [from, weight])).toEqual([0, 2, 3, 3, 5].map((from) => [from, 0]));
    // With as many frames as sources, frames between two are interpolated.
    expect(shownFrom(0.6).some(({ weight }) => weight > 0)).toBe(true);
  });

  it('shows a source of a slide show with times until halfway to the next one', () => {
    const timeline = createTimeline(3, { ...plain, fps: 9, interpolation: 'none' }, [0, 0.5, 1]);
    expect(framesOf(timeline).map(({ from }) => from)).toEqual([0, 0, 1, 1, 1, 1, 2, 2, 2]);
    expect(framesOf(timeline).every(({ from, to, weight }) => from === to && weight === 0)).toBe(true);
  });

  it('fades to a finished image that shows something else for the time wanted, or a quarter of the movie', () => {
    const fadingOf = (duration: number, sources = 41) => {
      const settings = { ...plain, duration, fps: 100, interpolation: 'none', finishFade: 0.4 } as const;
      const timeline = createTimeline(sources, settings);
      return framesOf(timeline).filter(({ weight }) => weight > 0).length / timeline.body;
    };
    expect(fadingOf(4) * 4).toBeCloseTo(0.4, 1);
    expect(fadingOf(1)).toBeCloseTo(0.25, 1);
    // With two sources, the first one is the last step: there is nothing before the cross-fade.
    expect(fadingOf(4, 2)).toBe(0);
    // Back and forth, half of the time is for each way: the movie starts and ends with a cross-fade.
    const settings = { ...plain, duration: 4, fps: 64, finishFade: 0.5, loop: 'boomerang' } as const;
    const loop = createTimeline(17, { ...settings, interpolation: 'none' });
    const faded = framesOf(loop).map(({ from, weight }) => (weight > 0 ? from : -1));
    expect(new Set(faded)).toEqual(new Set([-1, 0, 31]));
    expect(faded.filter((from) => from === 0)).toHaveLength(15);
    expect(faded.filter((from) => from === 31)).toHaveLength(15);
  });

  it('takes at least the time wanted to fade to a finished image that shows something else', () => {
    const finishFade = 0.4;
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 200 }), settings, (sources, given) => {
        const timeline = createTimeline(sources, { ...given, noiseDuration: 0, loop: 'none', finishFade });
        const frames = framesOf(timeline).slice(timeline.opening, timeline.opening + timeline.body);
        const fading = frames.filter(({ from, weight }) => weight > 0 && timeline.visits[from] === sources - 2);
        const weights = fading.map(({ weight }) => weight);
        expect(weights).toEqual(weights.toSorted((a, b) => a - b));
        const wanted = Math.min(finishFade / given.duration, 0.25) * (timeline.body - 1);
        expect(fading.length).toBeGreaterThanOrEqual(Math.floor(wanted) - 1);
        expect(shown(timeline, frameAt(timeline, timeline.frames - 1))).toMatchObject({ from: sources - 1, weight: 0 });
      }),
    );
  });
});
