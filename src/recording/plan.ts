import { intermediateStem } from '../files/file-names.js';
import { movieTags } from '../infotext/movie-tags.js';
import { withIntermediateStep } from '../infotext/parse-infotext.js';
import type { MovieClient } from '../movie/client.js';
import type { IntermediateTarget, MovieSettings } from '../movie/messages.js';
import { type AnimationOptions, durationOf } from '../options/animation-options.js';
import { codecRow } from '../options/codecs.js';
import { movieSize } from '../pictures/fit.js';
import type { Size } from '../pictures/picture.js';
import { Development, type DevelopmentCurve, genericCurve } from './development.js';
import { type RecordedPass, selectedPasses } from './steps.js';

/** An image as announced before its first step. */
export type RecordedImage = {
  /** number of its batch in the run, from 0 */
  readonly batch: number;
  /** number of the image in its batch, from 0 */
  readonly position: number;
  readonly seed: number;
  readonly prompt: string;
  /** the `parameters` text that web UIs write into images; empty if there is none */
  readonly infotext: string;
  /** of the finished image in pixels, if known; without the size no movie can be made live */
  readonly width?: number;
  readonly height?: number;
};

/** What is known of a run before its first step. */
type RunPlan = {
  /** indices of the passes whose steps are recorded */
  readonly passes: ReadonlySet<number>;
  /** planned steps of these passes together, of each image */
  readonly steps: number;
  /** whether that number is certain */
  readonly isExact: boolean;
  /** the number of the first step of each pass after the first */
  readonly passChanges: readonly number[];
  /** how far an image has developed at each step */
  readonly development: Development;
};

/** What the images of a run share. */
export type RunContext = {
  readonly client: MovieClient;
  readonly animation: AnimationOptions;
  readonly intermediateFolder: string;
  readonly animationFolder: string;
  readonly startedAt: Date;
  readonly plan: RunPlan;
  readonly liveBudget: LiveBudget;
  /** called when an intermediate file has been written */
  readonly onFile: (image: number, file: { step: number; pass: number; path: string }) => void;
  readonly debug: (message: string) => void;
};

export function planRun(
  passes: readonly RecordedPass[],
  wanted: AnimationOptions['passes'],
  curve: DevelopmentCurve = genericCurve,
): RunPlan {
  const indices = selectedPasses(passes, wanted);
  const recorded = passes.filter((_, index) => indices.has(index));
  const development = new Development(new Map([...passes.entries()].filter(([index]) => indices.has(index))), curve);
  let steps = 0;
  const passChanges: number[] = [];
  for (const pass of recorded) {
    if (steps > 0) passChanges.push(steps + 1);
    steps += pass.steps;
  }
  return { passes: indices, steps, isExact: recorded.every(({ exact }) => exact), passChanges, development };
}

/** Pixels of all movies that are made live at the same time; further movies are made afterwards. */
const maxLivePixels = 8 * 1024 * 1024;

/** Limits the memory of movies that are made live. */
export class LiveBudget {
  readonly #pixels = new Map<number, number>();

  /** Reserves memory for a movie. @returns false if there is not enough; a single movie always gets it */
  reserve(movie: number, { width, height }: Size): boolean {
    const used = [...this.#pixels.values()].reduce((sum, pixels) => sum + pixels, 0);
    if (used > 0 && used + width * height > maxLivePixels) return false;
    this.#pixels.set(movie, width * height);
    return true;
  }

  release(movie: number): void {
    this.#pixels.delete(movie);
  }
}

/** Why a movie cannot be made while its steps arrive, as a debug message; undefined if it can. */
export function whyNotLive(
  { width, height }: RecordedImage,
  { animation, plan }: Pick<RunContext, 'animation' | 'plan'>,
): string | undefined {
  const { codec, pacing, loop, firstFrameDuration } = animation;
  const { streams, joins } = codecRow(codec);
  if (!animation.createAnimation) return 'no movie is wanted: only intermediate images';
  if (!streams) return `after: ${codec} needs all pictures before the first frame`;
  if (pacing === 'exact') return 'after: exact pacing needs all pictures before the first frame';
  if (loop === 'boomerang') return 'after: a boomerang begins with the finished image';
  if (firstFrameDuration > 0 && !joins) return `after: ${codec} cannot show the finished image first otherwise`;
  if (!plan.isExact) return 'after: the sampler does not know how many steps it will take';
  if (width === undefined || height === undefined) return 'after: the size of the finished image is not known';
  return undefined;
}

/** Whether a movie opens on the noise, if there is a picture of it. */
export function opensOnNoise({ noiseDuration, loop }: Pick<AnimationOptions, 'noiseDuration' | 'loop'>): boolean {
  return noiseDuration > 0 && loop === 'none';
}

/** The intermediate file of a step. */
export function intermediateTarget(
  image: RecordedImage,
  step: number,
  { intermediateFolder: folder, animation }: RunContext,
): IntermediateTarget {
  return {
    folder,
    stem: intermediateStem({ ...image, step }),
    infotext: withIntermediateStep(image.infotext, step),
    format: { type: animation.intermediateFormat, quality: animation.intermediateQuality },
  };
}

/** What a movie shows; `width` and `height` are those of its pictures. */
type MovieContent = Pick<MovieSettings, 'width' | 'height' | 'sources' | 'sideBySide' | 'finishFade'> & {
  /** whether the first source is the noise */
  readonly hasNoise: boolean;
} & Pick<Parameters<typeof movieTags>[0], 'infotext' | 'lastStep' | 'skipSteps' | 'passChanges'>;

export function movieSettings(content: MovieContent, { animation, plan, startedAt }: RunContext): MovieSettings {
  const { sources, sideBySide, finishFade } = content;
  const size = movieSize(content, animation);
  const tags = movieTags({ ...content, ...size, interpolation: animation.interpolation, timestamp: startedAt });
  const duration = durationOf(animation, plan.steps);
  const noiseDuration = content.hasNoise ? animation.noiseDuration : 0;
  return { ...animation, ...size, duration, noiseDuration, sources, tags, finishFade, sideBySide };
}
