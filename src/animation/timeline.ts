/** How time is shared out between the sources, beside the number of frames. */
export type TimelineMode = 'none' | 'blend';

export type Timeline = {
  /** number of pictures, at least 1 */
  readonly sources: number;
  /** number of frames, at least 1, at least 2 where there are two sources */
  readonly frames: number;
  readonly mode: TimelineMode;
};

/** What a frame shows: source `from`, and of source `to` the part `weight` (0 up to, not including, 1). */
export type TimelineFrame = { readonly from: number; readonly to: number; readonly weight: number };

/**
 * Lays sources out over a movie of `duration` seconds at `fps` frames a second, linearly.
 * The movie has exactly `round(duration * fps)` frames, but at least two where there are two sources.
 */
export function createTimeline(sources: number, duration: number, fps: number, mode: TimelineMode): Timeline {
  const atLeast = sources > 1 ? 2 : 1;
  return { sources, frames: Math.max(Math.round(duration * fps), atLeast), mode };
}

/**
 * Which sources make output frame `n` (0 to `frames - 1`), and in what proportion.
 * The first frame is the first source and the last frame the last source, exactly. `none` shows each source
 * for an equal time; `blend` moves evenly from source to source. With fewer frames than sources, each frame
 * shows the source nearest in time.
 */
export function frameAt({ sources, frames, mode }: Timeline, n: number): TimelineFrame {
  const last = sources - 1;
  if (frames === 1) return still(last);
  if (frames < sources) return still(Math.round((n * last) / (frames - 1)));
  if (mode === 'none') return still(Math.floor((n * sources) / frames));
  const numerator = n * last;
  const from = Math.floor(numerator / (frames - 1));
  const weight = (numerator - from * (frames - 1)) / (frames - 1);
  return weight === 0 ? still(from) : { from, to: from + 1, weight };
}

function still(source: number): TimelineFrame {
  return { from: source, to: source, weight: 0 };
}
