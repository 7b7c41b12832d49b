export type TimelineSettings = {
  /** seconds from the first source to the last, holds not included */
  readonly duration: number;
  /** whole frames a second */
  readonly fps: number;
  /** `none` shows sources as they are; the others go from source to source */
  readonly interpolation: 'none' | 'blend' | 'mci';
  readonly loop: 'none' | 'boomerang';
  /** seconds of the last source before everything else, and after it */
  readonly firstFrameDuration: number;
  readonly lastFrameDuration: number;
  /** seconds in which the movie at least goes over to the last source, whatever the interpolation; none if left out */
  readonly finishFade?: number | undefined;
};

/**
 * How sources are laid out over frames. A *visit* is a source in the order in which the movie needs it: a source
 * may be visited again, as the finished image is in a loop.
 */
export type Timeline = {
  /** the source of each visit */
  readonly visits: readonly number[];
  /** when each visit is reached, from 0 to 1; evenly if left out */
  readonly times?: readonly number[];
  readonly interpolates: boolean;
  /** whether the last source comes by a cross-fade even where the others do not */
  readonly fades: boolean;
  /** a circle: the first frame is one frame after the first visit, so that it follows the last frame without a seam */
  readonly circular: boolean;
  /** frames of the first visit, of all from the first visit to the last, and of the last visit */
  readonly opening: number;
  readonly body: number;
  readonly closing: number;
  /** all frames */
  readonly frames: number;
};

/** What a frame shows: visit `from`, and of visit `to` the part `weight` (0 up to, not including, 1). */
export type TimelineFrame = { readonly from: number; readonly to: number; readonly weight: number };

/**
 * Lays sources out over a movie. It has exactly `round(duration * fps)` frames, but at least two where there are
 * two sources, and the frames of the holds on top.
 * @param sources their number, at least 1; the last one is the finished image
 * @param times when each source is reached, from 0 to 1 and never decreasing; evenly if left out
 */
export function createTimeline(sources: number, settings: TimelineSettings, times?: readonly number[]): Timeline {
  const { duration, fps, interpolation, firstFrameDuration, lastFrameDuration, finishFade = 0 } = settings;
  const opening = Math.round(firstFrameDuration * fps);
  const body = Math.max(Math.round(duration * fps), sources > 1 ? 2 : 1);
  const closing = Math.round(lastFrameDuration * fps);
  const circular = settings.loop === 'boomerang' && sources > 1;
  const forth = Array.from({ length: sources }, (_, source) => source);
  const visits = circular ? [...forth.toReversed(), ...forth.slice(1)] : forth;
  const hold = opening > 0 && !circular && sources > 1;
  const fades = finishFade > 0 && sources > 2;
  const reached = fades ? slowedAtEnd(times ?? evenTimes(sources), finishFade / duration) : times;
  return {
    visits: hold ? [sources - 1, ...visits] : visits,
    ...(reached && { times: circular ? circularTimes(reached) : reached }),
    interpolates: interpolation !== 'none',
    ...{ fades, circular, opening, body, closing },
    frames: opening + body + closing,
  };
}

/** A cross-fade at the end takes no more of a movie than this. */
const mostOfMovie = 0.25;

function evenTimes(sources: number): number[] {
  return Array.from({ length: sources }, (_, source) => source / (sources - 1));
}

/** Gives the way to the last source at least a share of the time, and the ways before it what is left. */
function slowedAtEnd(times: readonly number[], share: number): readonly number[] {
  const before = times.at(-2) ?? 0;
  const wanted = 1 - Math.max(1 - before, Math.min(share, mostOfMovie));
  return wanted === before ? times : [...times.slice(0, -1).map((time) => (time * wanted) / before), 1];
}

/** The same way back and forth, in half the time each. */
function circularTimes(times: readonly number[]): number[] {
  const back = times.toReversed().map((time) => (1 - time) / 2);
  return [...back, ...times.slice(1).map((time) => (1 + time) / 2)];
}

/** Which visits make output frame `n` (0 to `frames - 1`), and in what proportion. */
export function frameAt(timeline: Timeline, n: number): TimelineFrame {
  const { visits, opening, body, circular } = timeline;
  if (n < opening) return still(0);
  if (n >= opening + body) return still(visits.length - 1);
  // An opening hold that is no part of the body has a visit of its own.
  const offset = opening > 0 && !circular && visits.length > 1 ? 1 : 0;
  const { from, to, weight } = bodyFrame(timeline, visits.length - offset, n - opening);
  return { from: from + offset, to: to + offset, weight };
}

/**
 * Frame `n` of the body, of `visits` visits. Not circular, the first frame is the first visit and the last frame the
 * last one, exactly. Without interpolation each visit is shown for an equal time, or until half-way to the next one
 * where times are given. With fewer frames than visits, each frame shows the visit nearest in time.
 */
function bodyFrame(timeline: Timeline, visits: number, n: number): TimelineFrame {
  const { body, interpolates, circular, times } = timeline;
  const last = visits - 1;
  if (last === 0 || (body === 1 && !circular)) return still(last);
  // The time of the frame is numerator / denominator: whole numbers, so that nothing is lost by rounding.
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

/** @param blends whether the way from a visit to the next one is gone, or jumped */
function pacedFrame(times: readonly number[], time: number, blends: (from: number) => boolean): TimelineFrame {
  const last = times.length - 1;
  // The last visit that is reached by then: of sources that are alike, the last one.
  const next = times.findIndex((reached) => reached > time);
  const from = next < 0 ? last : Math.max(next - 1, 0);
  if (from === last) return still(last);
  const [start = 0, end = 1] = [times[from], times[from + 1]];
  const weight = (time - start) / (end - start);
  if (!blends(from)) return still(weight < 0.5 ? from : from + 1);
  return weight <= 0 ? still(from) : { from, to: from + 1, weight };
}

/** The visits of which the movie shows anything; with fewer frames than visits some are passed over. */
export function shownVisits(timeline: Timeline): ReadonlySet<number> {
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
