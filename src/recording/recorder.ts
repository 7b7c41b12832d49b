import { rmdir } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { resolveBelow } from '../files/file-names.js';
import { removeAbandoned } from '../files/publish.js';
import { prepareFolder } from '../files/whole-files.js';
import { MovieClient } from '../movie/client.js';
import { frameSize } from '../movie/frame-format.js';
import { trialSettings } from '../movie/messages.js';
import type { AnimationOptions } from '../options/animation-options.js';
import { checkFrameSize, codecRow } from '../options/codecs.js';
import { movieSize } from '../pictures/fit.js';
import { checkPicture, type Picture, type Size } from '../pictures/picture.js';
import type { ImageRecording, Recording } from './image.js';
import type { RecordedImage } from './plan.js';
import { type FinishedImage, RunRecording } from './run.js';
import type { RecordedPass, RecordedStep } from './steps.js';
import { describeEncoder, frameRateNote } from './user-messages.js';

/** An event of a recorder. `image` is the index of the image in its run; the grid has the index after the last image. */
export type RecorderEvent =
  /** frames of a movie that are written, and all of them */
  | { readonly type: 'rendering'; readonly image: number; readonly frame: number; readonly frames: number }
  /** an intermediate image has been written; `step` counts through all passes of its image, from 1 */
  | { readonly type: 'intermediate'; readonly image: number; readonly step: number; readonly path: string }
  /** a message for the user, such as that a frame rate was reduced */
  | { readonly type: 'note'; readonly message: string }
  /** a decision or a measurement, for those who want details */
  | { readonly type: 'debug'; readonly message: string };

export type RecorderSettings = {
  /** checked and complete, as `animationOptionsSchema` returns them */
  readonly animation: AnimationOptions;
  /** folder of the finished images; those of the intermediate images and of the movies are below it */
  readonly folder: string;
  readonly onEvent?: (event: RecorderEvent) => void;
  /** says that the run is to end soon: a movie process that hangs is then replaced after 2 s, not after 20 */
  readonly signal?: AbortSignal | undefined;
};

/** Pictures that are sent to the movie process before it has acknowledged the first of them. */
const maxInFlight = 4;

/**
 * Makes movies of images while they are sampled: it writes the intermediate images, makes the movies in a process of its
 * own, checks them, and cleans up. It never makes the sampler wait. Dispose of it at the end.
 *
 * @example
 * ```ts
 * const animation = animationOptionsSchema.parse({ codec: 'x264', duration: 5 });
 * const size = { width: 512, height: 512 };
 * await using recorder = await Recorder.open({ animation, folder: 'outputs' }, size);
 * recorder.start(
 *   [{ batch: 0, position: 0, seed: 42, prompt: 'a red apple', infotext: '', ...size }],
 *   [{ kind: 'base', steps: 20, exact: true }],
 * );
 * for (let step = 1; step <= 20; step++) {
 *   const latent = await sampleStep(step);
 *   recorder.step({ image: 0, pass: 0, step }, () => decode(latent));
 * }
 * const { movie } = await recorder.finish(0, { picture: await decode(finalLatent), infotext: '', reason: 'finished' });
 * console.log(movie?.path);
 * ```
 */
export class Recorder implements AsyncDisposable {
  readonly #settings: RecorderSettings;
  readonly #intermediateFolder: string;
  readonly #animationFolder: string;
  readonly #client: MovieClient;
  readonly #startedAt = new Date();
  readonly #inFlight = new Set<Promise<void>>();
  #run: RunRecording | undefined;
  /** steps are decoded and sent one at a time, in order of arrival */
  #queue: Promise<void> = Promise.resolve();

  private constructor(settings: RecorderSettings, intermediateFolder: string, animationFolder: string) {
    this.#settings = settings;
    this.#intermediateFolder = intermediateFolder;
    this.#animationFolder = animationFolder;
    this.#client = new MovieClient(
      ({ movie, frame, frames }) => settings.onEvent?.({ type: 'rendering', image: movie, frame, frames }),
      settings.signal,
    );
  }

  /**
   * Opens a recorder. Checks, before any sampling, that the folders can be written to and that the codec works.
   * @param size of the pictures in pixels, to try the codec with
   * @throws StepsAnimationError `output` for a folder, `usage` for an option, `encoder` if the codec does not work
   */
  static async open(settings: RecorderSettings, size: Size): Promise<Recorder> {
    const { folder, animation } = settings;
    const intermediateFolder = resolveBelow(folder, animation.intermediatePath);
    const animationFolder = resolveBelow(folder, animation.animationPath);
    await prepareFolder(intermediateFolder);
    if (animation.createAnimation) await prepareFolder(animationFolder);
    const recorder = new Recorder(settings, intermediateFolder, animationFolder);
    try {
      if (animation.createAnimation) {
        const trial = trialSettings(animation, movieSize(size, animation));
        await recorder.#client.ask<'check'>({ type: 'check', settings: trial });
        settings.onEvent?.({ type: 'debug', message: describeEncoder(animation) });
        const note = frameRateNote(animation);
        if (note !== undefined) settings.onEvent?.({ type: 'note', message: note });
      }
      return recorder;
    } catch (error) {
      await recorder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Starts a run, before its first step.
   * @param images of the run
   * @param passes that each of the images goes through
   * @throws StepsAnimationError `input` when the previous run has not ended; `usage` for images of a size of which the
   *   codec makes no movies
   */
  start(images: readonly RecordedImage[], passes: readonly RecordedPass[]): void {
    if (this.#run)
      throw new StepsAnimationError('input', 'The host announced a second run before the first had ended.');
    const { animation, onEvent } = this.#settings;
    if (animation.createAnimation) for (const image of images) checkSize(image, animation);
    this.#run = new RunRecording(images, passes, {
      client: this.#client,
      animation,
      intermediateFolder: this.#intermediateFolder,
      animationFolder: this.#animationFolder,
      startedAt: this.#startedAt,
      debug: (message) => onEvent?.({ type: 'debug', message }),
      note: (message) => onEvent?.({ type: 'note', message }),
      onIntermediate: (file) => onEvent?.({ type: 'intermediate', ...file }),
    });
  }

  /**
   * Records a step; returns at once. What goes wrong with it is thrown by `finish`.
   * @param picture the picture, which must not be changed afterwards and waits in memory for its turn; or a function
   *   that decodes it when it is its turn, which bounds the memory however fast the steps are
   * @returns whether the options select the step; `picture` is not called for any other
   * @throws StepsAnimationError `input` for an image that was not announced
   */
  step(step: RecordedStep, picture: Picture | (() => Promise<Picture>)): boolean {
    const image = this.#started.image(step.image);
    const number = image.count(step.pass, step.step);
    if (number === undefined) return false;
    this.#enqueue(image, picture, (decoded) => image.step(number, step, decoded));
    return true;
  }

  /**
   * Records the noise that an image starts from, before its first step; as `step`.
   * @param image index of the image in the run
   * @returns whether the movie opens on it
   */
  noise(image: number, picture: Picture | (() => Promise<Picture>)): boolean {
    const recording = this.#started.image(image);
    if (!recording.expectNoise()) return false;
    this.#enqueue(recording, picture, (decoded) => recording.noise(decoded));
    return true;
  }

  #enqueue(
    image: ImageRecording,
    picture: Picture | (() => Promise<Picture>),
    send: (decoded: Picture) => Promise<void>,
  ): void {
    const record = async () => {
      // Even if the movie has failed: a host may hold its pictures only until then.
      const decoded = typeof picture === 'function' ? await picture() : picture;
      checkPicture(decoded);
      await image.begin();
      while (this.#inFlight.size >= maxInFlight) await Promise.race(this.#inFlight);
      const sent = send(decoded).finally(() => this.#inFlight.delete(sent));
      this.#inFlight.add(sent);
    };
    this.#queue = this.#queue.then(record).catch((error: unknown) => image.fail(error));
  }

  /**
   * Finishes an image, on which its movie ends.
   * @param image index of the image in the run
   * @returns when the movie is on disk and checked
   * @throws StepsAnimationError saying what failed and how to try again from the intermediate images, which are kept
   */
  async finish(image: number, finished: FinishedImage): Promise<Recording> {
    const arrivedAt = performance.timeOrigin + performance.now();
    const run = this.#started;
    run.image(image);
    await this.#queue;
    return await run.finish(image, finished, arrivedAt);
  }

  /**
   * Ends the run after its last image: makes the movie of all images side by side if the options ask for it, and cleans
   * up. Another run may follow.
   * @returns that movie, or null
   * @throws StepsAnimationError when it fails; the intermediate images are kept then
   */
  async end(): Promise<Recording | null> {
    const run = this.#run;
    this.#run = undefined;
    await this.#queue;
    await Promise.all(this.#inFlight);
    return (await run?.end()) ?? null;
  }

  get #started(): RunRecording {
    if (!this.#run) throw new StepsAnimationError('input', 'The host sent something before it announced its images.');
    return this.#run;
  }

  /** Ends the run and the movie process; live movies that were not finished are removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end();
    } finally {
      await this.#client[Symbol.asyncDispose]();
    }
    await removeAbandoned(this.#intermediateFolder);
    await removeAbandoned(this.#animationFolder);
    // Succeeds only if it is empty: files of other runs stay.
    await rmdir(this.#intermediateFolder).catch(() => {});
  }
}

function checkSize({ width, height }: RecordedImage, animation: AnimationOptions): void {
  if (width === undefined || height === undefined) return;
  const { pixelFormat } = codecRow(animation.codec);
  checkFrameSize(animation.codec, frameSize(pixelFormat, movieSize({ width, height }, animation)));
}
