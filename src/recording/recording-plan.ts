import { intermediateStem } from '../files/file-names.js';
import { movieTags } from '../infotext/movie-tags.js';
import { withIntermediateStep } from '../infotext/parse-infotext.js';
import type { MovieClient } from '../movie/client.js';
import type { IntermediateTarget, MovieSettings } from '../movie/messages.js';
import { type AnimationOptions, durationOf } from '../options/animation-options.js';
import { codecRow } from '../options/codecs.js';
import type { LiveMovies } from './live-movies.js';

/** What is known of an image before its first step. */
export type RecordedImage = {
  /** which batch of the run and which place in it, both from 0 */
  readonly batch: number;
  readonly position: number;
  readonly seed: number;
  readonly prompt: string;
  readonly infotext: string;
  /** size when finished, in pixels, if known */
  readonly width?: number;
  readonly height?: number;
};

/** What the images of a run have in common. */
export type RecordingContext = {
  readonly client: MovieClient;
  readonly animation: AnimationOptions;
  readonly intermediateFolder: string;
  readonly animationFolder: string;
  readonly startedAt: Date;
  /** indices of the passes of which steps are taken, and how many steps they plan in all */
  readonly passes: ReadonlySet<number>;
  readonly plannedSteps: number;
  /** whether that number is certain */
  readonly exact: boolean;
  /** the number of the first step of each pass after the first, as planned */
  readonly passChanges: readonly number[];
  readonly liveMovies: LiveMovies;
  readonly onKept: (image: number, step: { step: number; pass: number; path: string }) => void;
  readonly debug: (message: string) => void;
  /** tells what a person should know */
  readonly note: (message: string) => void;
};

/** Why a movie cannot be made while steps arrive; undefined if it can, and then there is room for it. */
export function whyAfter(movie: number, image: RecordedImage, context: RecordingContext): string | undefined {
  const { animation, exact, liveMovies } = context;
  const { codec, pacing, loop, firstFrameDuration } = animation;
  const { streams, joins } = codecRow(codec);
  const { width, height } = image;
  if (!animation.createAnimation) return 'no movie is wanted: only intermediate images';
  if (!streams) return `after: ${codec} needs all pictures before the first frame`;
  if (pacing === 'even') return 'after: even pacing needs all pictures before the first frame';
  if (loop === 'boomerang') return 'after: a boomerang begins with the finished image';
  if (firstFrameDuration > 0 && !joins) return `after: ${codec} cannot show the finished image first otherwise`;
  if (!exact) return 'after: the sampler does not know how many steps it will take';
  if (width === undefined || height === undefined) return 'after: the size of the finished image is not known';
  if (!liveMovies.add(movie, { width, height })) return 'after: enough other movies are being made live';
  return undefined;
}

/** Where a step's picture is kept, and as what. */
export function intermediateTarget(image: RecordedImage, step: number, context: RecordingContext): IntermediateTarget {
  const { intermediateFolder: folder, animation } = context;
  return {
    folder,
    stem: intermediateStem({ ...image, step }),
    infotext: withIntermediateStep(image.infotext, step),
    format: { type: animation.intermediateFormat, quality: animation.intermediateQuality },
  };
}

type MovieFacts = {
  readonly width: number;
  readonly height: number;
  readonly sources: number;
  readonly infotext: string;
  /** as planned, if left out */
  readonly lastStep?: number;
  readonly passChanges?: readonly number[];
  readonly finishFade?: number | undefined;
};

export function movieSettings(
  image: RecordedImage,
  { width, height, sources, infotext, lastStep, passChanges, finishFade }: MovieFacts,
  context: RecordingContext,
): MovieSettings {
  const { animation, plannedSteps, startedAt, liveMovies } = context;
  const { interpolation, skipSteps } = animation;
  const tags = movieTags({
    ...{ infotext, width, height, skipSteps, interpolation, timestamp: startedAt },
    lastStep: lastStep ?? plannedSteps,
    passChanges: passChanges ?? context.passChanges,
  });
  const duration = durationOf(animation, plannedSteps);
  const sideBySide = liveMovies.sideBySide(image.batch);
  return { ...animation, width, height, duration, sources, tags, finishFade, sideBySide };
}
