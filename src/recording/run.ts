import { StepsAnimationError } from '../errors.js';
import { movieStem } from '../files/file-names.js';
import { retryAfterCrash } from '../movie/client.js';
import type { Picture, Size } from '../pictures/picture.js';
import { type PictureSequence, type PictureSource, sideBySide } from '../pictures/picture-source.js';
import { messageOf } from '../util/error-message.js';
import { ImageRecording, type Recording } from './image.js';
import { ManifestFile } from './manifest.js';
import { LiveBudget, movieSettings, planRun, type RecordedImage, type RunContext } from './plan.js';
import type { RecordedPass } from './steps.js';
import { infotextNote, passesNote, renderCommand } from './user-messages.js';

/** A finished image, on which its movie ends. */
export type FinishedImage = {
  readonly picture: Picture;
  readonly infotext: string;
  readonly reason: 'finished' | 'interrupted' | 'skipped';
  /** path of the image's file, if the caller saves it: once that is done */
  readonly path?: Promise<string>;
};

/** An image that was finished, with its movie if one is wanted. */
type EndedImage = Size & {
  readonly infotext: string;
  /** for the grid */
  readonly source: PictureSource | undefined;
  /** whether the intermediate files may be deleted: the movie and the finished image are on disk */
  readonly isSafe: boolean;
};

export type RunSettings = Omit<RunContext, 'plan' | 'liveBudget' | 'onFile'> & {
  readonly note: (message: string) => void;
  readonly onIntermediate: (file: { image: number; step: number; path: string }) => void;
};

/** Records one run of a host: its images, its manifest, and its grid. */
export class RunRecording {
  readonly #images: readonly RecordedImage[];
  readonly #recordings: readonly ImageRecording[];
  readonly #context: RunContext;
  readonly #manifest: ManifestFile;
  readonly #ended = new Map<number, EndedImage>();
  readonly #note: (message: string) => void;

  constructor(images: readonly RecordedImage[], passes: readonly RecordedPass[], settings: RunSettings) {
    const { animation, intermediateFolder, startedAt, note, onIntermediate } = settings;
    for (const message of [infotextNote(images, animation), passesNote(passes, animation)])
      if (message !== undefined) note(message);
    this.#images = images;
    this.#note = note;
    this.#context = {
      ...settings,
      plan: planRun(passes, animation.passes),
      liveBudget: new LiveBudget(),
      onFile: (image, { pass, ...file }) => {
        if (file.step === 0) this.#manifest.addNoise(image, file.path);
        else this.#manifest.addStep(image, { ...file, pass: passes[pass]?.kind ?? 'base' });
        onIntermediate({ image, ...file });
      },
    };
    this.#manifest = new ManifestFile(intermediateFolder, startedAt, animation, images);
    this.#recordings = images.map((image, index) => {
      const batchSize = images.filter(({ batch }) => batch === image.batch).length;
      return new ImageRecording(index, image, batchSize, this.#context);
    });
  }

  /** @throws StepsAnimationError `input` when there is no such image */
  image(index: number): ImageRecording {
    const recording = this.#recordings[index];
    if (!recording) throw new StepsAnimationError('input', `The host sent image ${index}, which it had not announced.`);
    return recording;
  }

  /**
   * Completes the movie of an image, and deletes its intermediate files unless the options or the grid need them.
   * @param arrivedAt when the image arrived, in milliseconds since 1970
   */
  async finish(index: number, finished: FinishedImage, arrivedAt: number): Promise<Recording> {
    const { picture, infotext, reason } = finished;
    const recording = this.image(index);
    const saved = finished.path?.catch(() => undefined);
    const result = await recording.finish(picture, infotext, reason === 'finished', arrivedAt).finally(async () => {
      this.#manifest.finish(index, reason, recording.lastStep, await saved);
    });
    const path = await saved;
    const { width, height } = picture;
    const source: PictureSource = path === undefined ? { type: 'picture', picture } : { type: 'file', path };
    this.#ended.set(index, {
      ...{ width, height, infotext },
      source: this.#hasGrid ? source : undefined,
      // Without the file of the finished image, its steps are all that is left of it.
      isSafe: result.movie !== null && (finished.path === undefined || path !== undefined),
    });
    if (!this.#hasGrid) await this.#deleteFiles(index);
    return result;
  }

  get #hasGrid(): boolean {
    const { grid, createAnimation } = this.#context.animation;
    return grid && createAnimation && this.#images.length > 1;
  }

  /**
   * Makes the grid if one is wanted, and cleans up.
   * @throws StepsAnimationError when the grid fails; the intermediate files are kept then
   */
  async end(): Promise<Recording | null> {
    try {
      const grid = this.#hasGrid && this.#ended.size > 1 ? await this.#renderGrid() : null;
      for (const index of this.#ended.keys()) await this.#deleteFiles(index);
      return grid;
    } finally {
      for (const recording of this.#recordings) await recording.discard();
      const isEmpty = this.#recordings.every(({ files }) => files.paths.length === 0);
      if (isEmpty) await this.#manifest.delete();
      else await this.#manifest.end().catch((error) => this.#note(`${messageOf(error)} The run itself is complete.`));
    }
  }

  async #deleteFiles(index: number): Promise<void> {
    if (this.#ended.get(index)?.isSafe && this.#context.animation.deleteIntermediate)
      await this.#recordings[index]?.files.delete();
  }

  async #renderGrid(): Promise<Recording> {
    const beganAt = performance.timeOrigin + performance.now();
    const { client, animation, plan, animationFolder, intermediateFolder, debug } = this.#context;
    const ended = [...this.#ended].sort(([a], [b]) => a - b);
    const largest = {
      width: Math.max(...ended.map(([, { width }]) => width)),
      height: Math.max(...ended.map(([, { height }]) => height)),
    };
    const hasNoise = ended.every(([index]) => this.#recordings[index]?.files.noise !== undefined);
    const sequences = ended.map(([index, image]) => this.#sequence(index, image, hasNoise));
    const { layout, sources } = sideBySide(sequences, largest, animation);
    const [first] = this.#images;
    const { width, height } = layout;
    const content = { width, height, infotext: first?.infotext ?? '', sources: sources.length, hasNoise };
    const settings = movieSettings({ ...content, lastStep: plan.steps, sideBySide: 1 }, this.#context);
    const target = { folder: animationFolder, stem: `grid-${first ? movieStem(first) : ''}` };
    const request = { type: 'render', movie: this.#images.length, target, settings, sources } as const;
    try {
      const movie = await retryAfterCrash(() => client.ask<'render'>(request), debug);
      const steps = sources.length - Number(hasNoise);
      return { movie, kept: [], steps, finishMs: movie.publishedAt - beganAt };
    } catch (error) {
      this.#ended.clear();
      const seeds = this.#images.map(({ seed }) => seed).join(',');
      const command = `${renderCommand(intermediateFolder, animationFolder, animation, seeds)} --side-by-side`;
      const message = `${messageOf(error)} The intermediate images are kept; to try again: ${command}`;
      throw new StepsAnimationError('encoder', message, { cause: error });
    }
  }

  #sequence(index: number, { infotext, source }: EndedImage, hasNoise: boolean): PictureSequence {
    const { files: { noise } = {}, filesBeforeLast = [] } = this.#recordings[index] ?? {};
    const paths = hasNoise && noise !== undefined ? [noise, ...filesBeforeLast] : filesBeforeLast;
    const steps = paths.map((path): PictureSource => ({ type: 'file', path }));
    return { infotext, pictures: source ? [...steps, source] : steps };
  }
}
