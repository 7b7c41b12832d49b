import { StepsAnimationError } from '../errors.js';
import { movieStem } from '../files/file-names.js';
import { asJpegComment } from '../infotext/exif.js';
import { movieTags } from '../infotext/movie-tags.js';
import { withIntermediateStep } from '../infotext/parse-infotext.js';
import { retryAfterCrash } from '../movie/client.js';
import { durationOf } from '../options/animation-options.js';
import type { Picture, Size } from '../pictures/picture.js';
import { type PictureSequence, type PictureSource, sideBySide } from '../pictures/picture-source.js';
import { messageOf } from '../util/error-message.js';
import { ImageRecording, type Recording } from './image-recording.js';
import { LiveMovies } from './live-movies.js';
import type { ManifestImage } from './manifest.js';
import { RunManifestFile } from './manifest-file.js';
import type { RecordedImage, RecordingContext } from './recording-plan.js';
import { renderCommand } from './render-command.js';
import { type RecordedPass, takenPasses } from './steps.js';

/** A finished image, on which its movie ends. */
export type FinishedImage = {
  readonly picture: Picture;
  readonly infotext: string;
  readonly reason: 'finished' | 'interrupted' | 'skipped';
  /** path of the file in which the caller keeps it, as soon as it is there */
  readonly path?: Promise<string>;
};

/** An image whose movie is there, or is not wanted. */
type Ended = Size & {
  readonly infotext: string;
  /** for the grid */
  readonly finished: PictureSource | undefined;
  /** whether the steps may go: the movie is there, and the finished image, too */
  readonly isSafe: boolean;
};

/** Records one run of a host: its images, and what they make together. */
export class RunRecording {
  readonly #images: readonly RecordedImage[];
  readonly #recordings: readonly ImageRecording[];
  readonly #context: RecordingContext;
  readonly #manifest: RunManifestFile;
  readonly #ended = new Map<number, Ended>();

  constructor(
    images: readonly RecordedImage[],
    passes: readonly RecordedPass[],
    context: Pick<
      RecordingContext,
      'client' | 'animation' | 'intermediateFolder' | 'animationFolder' | 'startedAt' | 'debug' | 'note'
    > & {
      readonly onIntermediate: (file: { image: number; step: number; path: string }) => void;
    },
  ) {
    if (images.some((image) => isCutShort(image, context))) context.note(cutShort);
    this.#images = images;
    this.#context = {
      ...context,
      ...planPasses(passes, context),
      liveMovies: new LiveMovies(images.map(({ batch }) => batch)),
      onKept: (image, { pass, ...file }) => {
        this.#manifest.addStep(image, { ...file, pass: passes[pass]?.kind ?? 'base' });
        context.onIntermediate({ image, ...file });
      },
    };
    const { intermediateFolder, startedAt, animation } = context;
    // A time as file names can have it: 2026-11-23T04-43-21.
    const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '-');
    const stem = `${time}-${movieStem(images[0] ?? { seed: 0, prompt: '' })}`;
    this.#manifest = new RunManifestFile(intermediateFolder, stem, startedAt, animation, images.map(manifestImage));
    this.#recordings = images.map((image, index) => new ImageRecording(index, image, this.#context));
  }

  /** @throws StepsAnimationError `input` when there is no such image */
  image(index: number): ImageRecording {
    const recording = this.#recordings[index];
    if (!recording) throw new StepsAnimationError('input', `The host sent image ${index}, which it had not announced.`);
    return recording;
  }

  /** Makes the movie of an image; its intermediate files are needed no longer then, unless there will be a grid. */
  async finish(index: number, finished: FinishedImage, arrivedAt: number): Promise<Recording> {
    const { picture, infotext, reason } = finished;
    const recording = this.image(index);
    const saved = finished.path?.catch(() => undefined);
    const result = await recording.finish(picture, infotext, reason === 'finished', arrivedAt).finally(async () => {
      this.#manifest.finish(index, reason, recording.lastStep, await saved);
    });
    const path = await saved;
    const { width, height } = picture;
    // Where the finished image could not be saved, its steps are all that is left of it.
    const isSafe = result.movie !== null && (finished.path === undefined || path !== undefined);
    const source: PictureSource = path === undefined ? { type: 'picture', picture } : { type: 'file', path };
    this.#ended.set(index, { width, height, infotext, isSafe, finished: this.#makesGrid ? source : undefined });
    if (!this.#makesGrid) await this.#deleteFiles(index);
    return result;
  }

  get #makesGrid(): boolean {
    const { grid, createAnimation } = this.#context.animation;
    return grid && createAnimation && this.#images.length > 1;
  }

  /** Makes the grid if one is wanted, and clears up. */
  async end(): Promise<Recording | null> {
    try {
      const grid = this.#makesGrid && this.#ended.size > 1 ? await this.#makeGrid() : null;
      for (const index of this.#ended.keys()) await this.#deleteFiles(index);
      return grid;
    } finally {
      for (const recording of this.#recordings) await recording.giveUp();
      const isEmpty = this.#recordings.every(({ files }) => files.count === 0);
      await (isEmpty ? this.#manifest.delete() : this.#manifest.end());
    }
  }

  async #deleteFiles(index: number): Promise<void> {
    if (this.#ended.get(index)?.isSafe && this.#context.animation.deleteIntermediate)
      await this.#recordings[index]?.files.delete();
  }

  async #makeGrid(): Promise<Recording> {
    const begunAt = performance.timeOrigin + performance.now();
    const { client, animation, plannedSteps, animationFolder, intermediateFolder, debug } = this.#context;
    const ended = [...this.#ended].sort(([a], [b]) => a - b);
    const size = {
      width: Math.max(...ended.map(([, of]) => of.width)),
      height: Math.max(...ended.map(([, of]) => of.height)),
    };
    const { layout, sources } = sideBySide(
      ended.map(([index, of]) => this.#sequence(index, of)),
      size,
    );
    const [first] = this.#images;
    const { width, height } = layout;
    const infotext = first?.infotext ?? '';
    const { interpolation } = animation;
    const tags = movieTags({
      infotext,
      width,
      height,
      lastStep: plannedSteps,
      interpolation,
      timestamp: this.#context.startedAt,
    });
    const settings = {
      ...animation,
      width,
      height,
      tags,
      sideBySide: 1,
      sources: sources.length,
      duration: durationOf(animation, plannedSteps),
    };
    const target = { folder: animationFolder, stem: `grid-${first ? movieStem(first) : ''}` };
    try {
      const movie = await retryAfterCrash(
        () => client.ask<'render'>({ type: 'render', movie: this.#images.length, target, settings, sources }),
        debug,
      );
      return { movie, kept: [], steps: sources.length, finishMs: movie.publishedAt - begunAt };
    } catch (error) {
      this.#ended.clear();
      const reason = messageOf(error);
      const seeds = this.#images.map(({ seed }) => seed).join(',');
      const again = `${renderCommand(intermediateFolder, animationFolder, animation, seeds)} --side-by-side`;
      throw new StepsAnimationError('encoder', `${reason} The intermediate images are kept; to try again: ${again}`);
    }
  }

  #sequence(index: number, { infotext, finished }: Ended): PictureSequence {
    const files = this.#recordings[index]?.stepsBeforeLast ?? [];
    const steps = files.map((path): PictureSource => ({ type: 'file', path }));
    return { infotext, pictures: finished ? [...steps, finished] : steps };
  }
}

function manifestImage({ batch, position, seed, prompt, infotext, width, height }: RecordedImage): ManifestImage {
  const size = { width: width ?? null, height: height ?? null };
  return { batch, position, seed, prompt, infotext, ...size, reason: null, finished: null, lastStep: null, steps: [] };
}

const cutShort =
  'the prompt is longer than a JPEG file can hold: it is cut short in the intermediate images; png and webp keep it whole';

/** Whether files that stay cannot hold the whole infotext. */
function isCutShort(
  { infotext }: RecordedImage,
  { animation: { deleteIntermediate, intermediateFormat } }: Pick<RecordingContext, 'animation'>,
): boolean {
  const text = withIntermediateStep(infotext, 1);
  return !deleteIntermediate && intermediateFormat === 'jpg' && asJpegComment(text) !== text;
}

/** What the passes of a run mean for each of its images. */
function planPasses(
  passes: readonly RecordedPass[],
  { animation, note }: Pick<RecordingContext, 'animation' | 'note'>,
) {
  const taken = takenPasses(passes, animation.passes);
  const wanted = passes.filter((_, index) => taken.has(index));
  if (animation.passes !== 'all' && !wanted.some(({ kind }) => kind === animation.passes)) {
    note(`the run has no ${animation.passes} pass: all steps are taken`);
  }
  let steps = 0;
  const passChanges: number[] = [];
  for (const pass of wanted) {
    if (steps > 0) passChanges.push(steps + 1);
    steps += pass.steps;
  }
  return { passes: taken, plannedSteps: steps, passChanges, exact: wanted.every(({ exact }) => exact) };
}
