/** A moment of a movie at which a step is reached. */
type Moment = {
  /** seconds from the start of the movie */
  readonly time: number;
  /** index of the step in the list of those whose pictures there are */
  readonly index: number;
};

/** How the steps lie in a movie: what the film strip draws, and how the marker and the steps find each other. */
export type Film = {
  /** seconds */
  readonly duration: number;
  /** in order; a loop reaches each step twice */
  readonly moments: readonly Moment[];
  /** whether it opens on the noise */
  readonly opensOnNoise: boolean;
  /** whether it ends on a hold of the finished image */
  readonly hasHold: boolean;
};

type AnimationValues = Readonly<Record<string, unknown>>;

type FilmSource = {
  /** seconds of the movie, holds included */
  readonly duration: number;
  readonly steps: readonly { readonly step: number }[];
  readonly options: AnimationValues;
  /** how much each step differs from the one before, in any unit; the first one is 0; undefined while unknown */
  readonly changes: readonly number[] | undefined;
};

/** Lays the steps out in time, as the movie does. With `even` pacing that follows how much they change. */
export function filmOf({ duration, steps, options, changes }: FilmSource): Film {
  const opening = Number(options.firstFrameDuration ?? 0);
  const noise = Number(options.noiseDuration ?? 0);
  const closing = Number(options.lastFrameDuration ?? 0);
  const isLoop = options.loop === 'boomerang';
  const begin = opening + (isLoop ? 0 : noise);
  const body = Math.max(duration - begin - closing, 0);
  const taken = takenSteps(steps, options);
  const shares = options.pacing === 'linear' || !changes ? undefined : sharesOf(taken.map((at) => changes[at] ?? 0));
  const timeAt = (at: number) => shares?.[at] ?? at / Math.max(taken.length - 1, 1);
  const forwards = taken.map((index, at) => ({ time: timeAt(at), index }));
  const visits = isLoop
    ? [
        ...forwards.toReversed().map(({ time, index }) => ({ time: (1 - time) / 2, index })),
        ...forwards.slice(1).map(({ time, index }) => ({ time: (1 + time) / 2, index })),
      ]
    : forwards;
  return {
    duration,
    moments: visits.map(({ time, index }) => ({ time: begin + time * body, index })),
    opensOnNoise: noise > 0 && !isLoop,
    hasHold: closing > 0,
  };
}

/** The film of a run that is under way: all its planned steps, at even distances. */
export function plannedFilm(steps: number): Film {
  const moments = Array.from({ length: steps }, (_, index) => ({ time: index, index }));
  return { duration: Math.max(steps - 1, 1), moments, opensOnNoise: false, hasHold: false };
}

/** Indices of the steps that the options take. */
function takenSteps(steps: FilmSource['steps'], options: AnimationValues): number[] {
  const skipped = Number(options.skipSteps ?? 0);
  const every = Number(options.every ?? 1);
  const stopAt = Number(options.stopAt ?? 0) || Number.POSITIVE_INFINITY;
  const inRange = [...steps.keys()].filter((at) => at >= skipped && (steps[at]?.step ?? 0) <= stopAt);
  const taken = inRange.filter((_, at) => at % every === 0 || at === inRange.length - 1);
  return taken.length > 0 ? taken : [...steps.keys()];
}

/** When each step is reached, from 0 to 1, by how much each differs from the one before. */
function sharesOf(changes: readonly number[]): number[] | undefined {
  let sum = 0;
  const sums = changes.map((change, at) => {
    sum += at === 0 ? 0 : change;
    return sum;
  });
  return sum > 0 ? sums.map((each) => each / sum) : undefined;
}

/** The step that is shown at a time: the last one that was reached. */
export function indexAt({ moments }: Film, time: number): number {
  return (moments.findLast((moment) => moment.time <= time + 1e-6) ?? moments[0])?.index ?? 0;
}

/** When a step is reached: in a loop, the time nearest to another one. */
export function timeOf({ moments }: Film, index: number, near: number): number {
  const distance = ({ time }: Moment) => Math.abs(time - near);
  const all = moments.filter((moment) => moment.index === index);
  return all.sort((a, b) => distance(a) - distance(b))[0]?.time ?? 0;
}

/** The step that is reached nearest to a time. */
export function nearestIndex({ moments }: Film, time: number): number {
  const [first, ...others] = moments;
  if (!first) return 0;
  return others.reduce((best, each) => (Math.abs(each.time - time) < Math.abs(best.time - time) ? each : best), first)
    .index;
}
