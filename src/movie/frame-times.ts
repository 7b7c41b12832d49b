/** When a frame is shown, in seconds. */
export type FrameTime = {
  /** NaN if unknown */
  readonly time: number;
  /** 0 if unknown */
  readonly duration: number;
};

/** Pictures that one movie becomes when its frames are shown for different times. */
const maxPictures = 10_000;

/**
 * How often each frame is shown when all are shown equally long: once in movies of a constant frame rate, and a frame that
 * lasts three times as long as the others three times.
 */
export function frameCounts(frames: readonly FrameTime[]): number[] {
  const durations = frames.map(({ time, duration }, index) => {
    const next = frames[index + 1];
    return next ? next.time - time : duration;
  });
  const positive = durations.filter((duration) => duration > 0);
  const shortest = positive.reduce((least, duration) => Math.min(least, duration), Number.POSITIVE_INFINITY);
  // Times are rounded to those of the container: 40 frames a second in GIF last 2 and 3 hundredths by turns.
  const short = positive.filter((duration) => duration < 2 * shortest);
  const unit = short.reduce((sum, duration) => sum + duration, 0) / short.length;
  const total = positive.reduce((sum, duration) => sum + duration, 0);
  const step = Math.max(unit, total / maxPictures);
  return durations.map((duration) => (duration > 0 && step > 0 ? Math.max(1, Math.round(duration / step)) : 1));
}
