import type { FrameRange } from '../options/codecs.js';

export type TimelineSettings = {
  /** seconds from the first source to the last, holds not included */
  readonly duration: number;
  /** frames per second, a whole number */
  readonly fps: number;
  /** `none` shows only the sources, the others also what lies between them */
  readonly interpolation: 'none' | 'blend' | 'smooth' | 'mci';
  readonly loop: 'none' | 'boomerang';
  /**
   * seconds from the first source, which is noise, to the second one, in addition to the duration. Default: 0, the first
   * source is a step like the others; as in a loop, which shows no noise
   */
  readonly noiseDuration?: number;
  /** seconds of the last source before everything else */
  readonly firstFrameDuration: number;
  /** seconds of the last source at the end */
  readonly lastFrameDuration: number;
  /** minimum seconds of a cross-fade to the last source, whatever the interpolation; default: no such cross-fade */
  readonly finishFade?: number | undefined;
};

/**
 * How sources are spread over frames. A *visit* is a source in the order in which the movie needs it: a loop, for
 * example, visits the finished image twice.
 */
export type Timeline = {
  /** the source of each visit */
  readonly visits: readonly number[];
  /** when each visit of the body is reached, from 0 to 1, or `unknownTime`; default: at even distances */
  readonly times?: readonly number[];
  readonly interpolates: boolean;
  /** whether there is a cross-fade to the last source even without interpolation */
  readonly fades: boolean;
  /** a loop: the first frame is one frame after the first visit, so that it follows the last frame without a seam */
  readonly circular: boolean;
  /** frames of the hold at the start */
  readonly opening: number;
  /** frames from the noise to the first step */
  readonly noise: number;
  /** frames from the first step to the closing hold */
  readonly body: number;
  /** frames of the hold at the end */
  readonly closing: number;
  /** all frames */
  readonly frames: number;
};

/** The time of a visit whose picture has not come yet. Its frames show it, and so have to wait for it. */
const unknownTime = Number.POSITIVE_INFINITY;

/** The sources that are steps or the finished image: all but the noise. */
export function stepCount({ sources, noiseDuration }: { sources: number; noiseDuration: number }): number {
  return noiseDuration > 0 ? sources - 1 : sources;
}

/** The times of steps that will be known one by one. */
export function unknownTimes(settings: Parameters<typeof stepCount>[0]): number[] {
  return Array<number>(stepCount(settings)).fill(unknownTime);
}

/** What a frame shows: visit `from`, and visit `to` with the share `weight`, 0 ≤ weight < 1. */
export type TimelineFrame = { readonly from: number; readonly to: number; readonly weight: number };

/**
 * Spreads sources over a movie of `round(duration * fps)` frames, at least 2 with several steps, plus those of the holds
 * and of the noise.
 * @param sources number of sources, at least 1; the last one is the finished image
 * @param times when each step is reached, from 0 to 1, never decreasing; default: at even distances. Times that are not
 *   known yet (`unknownTimes`) are filled in later, in this array; frames that depend on them have to wait
 */
export function createTimeline(sources: number, settings: TimelineSettings, times?: readonly number[]): Timeline {
  const { duration, fps, interpolation, firstFrameDuration, lastFrameDuration, finishFade = 0 } = settings;
  const opening = Math.round(firstFrameDuration * fps);
  const circular = settings.loop === 'boomerang' && sources > 1;
  const noise = circular || sources === 1 ? 0 : noiseFrames(settings);
  const steps = noise > 0 ? sources - 1 : sources;
  const body = Math.max(Math.round(duration * fps), steps > 1 ? 2 : 1);
  const closing = Math.round(lastFrameDuration * fps);
  const forwards = Array.from({ length: sources }, (_, source) => source);
  const visits = circular ? [...forwards.toReversed(), ...forwards.slice(1)] : forwards;
  const hold = opening > 0 && !circular && sources > 1;
  const fades = finishFade > 0 && steps > 2;
  const reached = fades ? withFadeShare(times ?? evenTimes(steps), finishFade / duration) : times;
  return {
    visits: hold ? [sources - 1, ...visits] : visits,
    ...(reached && { times: circular ? circularTimes(reached) : reached }),
    interpolates: interpolation !== 'none',
    ...{ fades, circular, opening, noise, body, closing },
    frames: opening + noise + body + closing,
  };
}

/** Frames from the noise to the first step: one at least, if there are any. */
function noiseFrames({ noiseDuration = 0, fps }: TimelineSettings): number {
  return noiseDuration > 0 ? Math.max(Math.round(noiseDuration * fps), 1) : 0;
}

/** Largest share of a movie for the cross-fade at the end. */
const maxFadeShare = 0.25;

function evenTimes(sources: number): number[] {
  return Array.from({ length: sources }, (_, source) => source / (sources - 1));
}

/** Gives the last source at least this share of the time to be reached, and the ones before it the rest. */
function withFadeShare(times: readonly number[], share: number): readonly number[] {
  const before = times.at(-2) ?? 0;
  const wanted = 1 - Math.max(1 - before, Math.min(share, maxFadeShare));
  return wanted === before ? times : [...times.slice(0, -1).map((time) => (time * wanted) / before), 1];
}

/** Backwards and forwards, in half the time each. */
function circularTimes(times: readonly number[]): number[] {
  const back = times.toReversed().map((time) => (1 - time) / 2);
  return [...back, ...times.slice(1).map((time) => (1 + time) / 2)];
}

/** Which visits make output frame `n` (0 to `frames - 1`), and in what proportion. */
export function frameAt(timeline: Timeline, n: number): TimelineFrame {
  const { visits, opening, noise, body } = timeline;
  if (n < opening) return still(0);
  if (n >= opening + noise + body) return still(visits.length - 1);
  const first = firstBodyVisit(timeline);
  if (n < opening + noise) return noiseFrame(timeline, first - 1, n - opening);
  const { from, to, weight } = bodyFrame(timeline, visits.length - first, n - opening - noise);
  return { from: from + first, to: to + first, weight };
}

/** The visit with which the body begins: outside a loop, the opening hold and the noise have visits of their own. */
function firstBodyVisit({ visits, opening, noise, circular }: Timeline): number {
  const hold = opening > 0 && !circular && visits.length > 1 ? 1 : 0;
  return hold + (noise > 0 ? 1 : 0);
}

/** Share of its frames for which the noise is shown alone, before the first step comes through. */
const pureNoiseShare = 0.25;

/** Frame `n` of the way from the noise, visit `from`, to the first step; it begins and ends slowly. */
function noiseFrame({ noise, interpolates }: Timeline, from: number, n: number): TimelineFrame {
  const passed = Math.max((n / noise - pureNoiseShare) / (1 - pureNoiseShare), 0);
  return interpolates && passed > 0 ? { from, to: from + 1, weight: passed ** 2 * (3 - 2 * passed) } : still(from);
}

/**
 * Frame `n` of the body, which has `visits` visits. Outside a loop, its first and last frames are exactly the first and
 * last visits. Without interpolation, each visit is shown for the same time or, if there are times, until halfway to the
 * next one. With fewer frames than visits, a frame shows the visit nearest in time.
 */
function bodyFrame(timeline: Timeline, visits: number, n: number): TimelineFrame {
  const { body, interpolates, circular, times } = timeline;
  const last = visits - 1;
  if (last === 0 || (body === 1 && !circular)) return still(last);
  // The time of the frame as a fraction of whole numbers, which loses nothing by rounding.
  const [numerator, denominator] = circular ? [n + 1, body] : [n, body - 1];
  const passed = circular ? last : visits;
  if (times) {
    const isFade = (from: number) => timeline.fades && (from === last - 1 || (circular && from === 0));
    return pacedFrame(times, numerator / denominator, (from) => isFade(from) || (interpolates && body >= passed));
  }
  if (body < passed) return still(Math.round((numerator * last) / denominator));
  if (!interpolates) return still(Math.floor((n * passed) / body) + (circular ? 1 : 0));
  const from = Math.floor((numerator * last) / denominator);
  const weight = (numerator * last - from * denominator) / denominator;
  return weight === 0 ? still(from) : { from, to: from + 1, weight };
}

/** @param blends whether frames between a visit and the next one are interpolated */
function pacedFrame(times: readonly number[], time: number, blends: (from: number) => boolean): TimelineFrame {
  const last = times.length - 1;
  // The last visit that is reached by then, and of equal pictures the last one.
  const next = times.findIndex((reached) => reached > time);
  const from = next < 0 ? last : Math.max(next - 1, 0);
  if (from === last) return still(last);
  const [start = 0, end = 1] = [times[from], times[from + 1]];
  if (end === unknownTime) return { from, to: from + 1, weight: 0 };
  const weight = (time - start) / (end - start);
  if (!blends(from)) return still(weight < 0.5 ? from : from + 1);
  return weight <= 0 ? still(from) : { from, to: from + 1, weight };
}

/** When visit `visit` is reached, in any unit: only the distances between visits matter. */
export function visitTime({ visits, times }: Timeline, visit: number): number {
  // An opening hold has a visit of its own, and no time.
  return times ? (times[visit - visits.length + times.length] ?? 0) : visit;
}

/**
 * The visits beside two neighbouring ones that lie on the same way, where that way goes on: it does not at the ends, where
 * a loop turns, at the noise, and at a cross-fade to a finished image that differs from the steps.
 */
export function visitsAround(
  { visits, fades, noise }: Timeline,
  shown: ReadonlySet<number>,
  { from, to }: Pick<TimelineFrame, 'from' | 'to'>,
): { before: number | undefined; after: number | undefined } {
  const source = (visit: number) => visits[visit] ?? Number.NaN;
  const isApart = (visit: number) => (fades && source(visit) === visits.at(-1)) || (noise > 0 && source(visit) === 0);
  const direction = source(to) - source(from);
  const next = (visit: number, side: 1 | -1): number | undefined => {
    const beside = visit + side;
    const goesOn = source(beside) - source(visit) === side * direction;
    if (!goesOn || isApart(visit) || isApart(beside)) return undefined;
    return shown.has(beside) ? beside : next(beside, side);
  };
  return { before: next(from, -1), after: next(to, 1) };
}

/** The frames in which the finished image stands still: those of the holds, and all frames of a single picture. */
export function holdFrames({ visits, opening, closing, frames }: Timeline): FrameRange[] {
  if (visits.length === 1) return [{ first: 0, last: frames - 1 }];
  return [
    ...(opening > 0 ? [{ first: 0, last: opening - 1 }] : []),
    ...(closing > 0 ? [{ first: frames - closing, last: frames - 1 }] : []),
  ];
}

/** The visits that any frame shows, or may show; with fewer frames than visits, some are skipped. */
export function shownVisits(timeline: Timeline): ReadonlySet<number> {
  if (timeline.times?.includes(unknownTime)) return new Set(timeline.visits.keys());
  const shown = new Set<number>();
  for (let n = 0; n < timeline.frames; n++) {
    const { from, to } = frameAt(timeline, n);
    shown.add(from).add(to);
  }
  return shown;
}

function still(visit: number): TimelineFrame {
  return { from: visit, to: visit, weight: 0 };
}
