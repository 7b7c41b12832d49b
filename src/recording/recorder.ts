import { rmdir } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { resolveBelow } from '../files/file-names.js';
import { prepareFolder, removeAbandoned } from '../files/whole-files.js';
import { MovieClient } from '../movie/client.js';
import { trialSettings } from '../movie/messages.js';
import type { AnimationOptions } from '../options/animation-options.js';
import { checkPicture, type Picture } from '../pictures/picture.js';
import { describeEncoder, frameRateNote } from './debug-messages.js';
import type { ImageRecording, Recording } from './image-recording.js';
import { PictureQueue } from './picture-queue.js';
import type { RecordedImage } from './recording-plan.js';
import { type FinishedImage, RunRecording } from './run-recording.js';
import type { RecordedPass } from './steps.js';

/** What the recorder tells while it works. */
export type RecorderEvent =
  | { readonly type: 'rendering'; readonly image: number; readonly frame: number; readonly frames: number }
  /** a step's picture is on disk; `step` counts through the passes of its image, from 1 */
  | { readonly type: 'intermediate'; readonly image: number; readonly step: number; readonly path: string }
  /** what a person should know */
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'debug'; readonly message: string };

export type RecorderSettings = {
  readonly animation: AnimationOptions;
  /** folder of the finished images; the folders of intermediate files and movies lie below it */
  readonly folder: string;
  readonly onEvent?: (event: RecorderEvent) => void;
};

/** Which image, which of the passes, and which step of it, from 1. */
export type RecordedStep = { readonly image: number; readonly pass: number; readonly step: number };

/** Pictures on their way to the movie process, not yet acknowledged. */
const mostUnderWay = 4;

/**
 * Takes steps as they come, never makes the sampler wait, and owns everything that follows: intermediate
 * files, the movies, their check, and the clearing up.
 */
export class Recorder implements AsyncDisposable {
  readonly #settings: RecorderSettings;
  readonly #intermediateFolder: string;
  readonly #animationFolder: string;
  readonly #client: MovieClient;
  readonly #queue: PictureQueue;
  readonly #startedAt = new Date();
  readonly #underWay = new Set<Promise<void>>();
  #run: RunRecording | undefined;
  /** Steps are decoded and handed over one after another, in the order in which they came. */
  #line: Promise<void> = Promise.resolve();

  private constructor(settings: RecorderSettings, intermediateFolder: string, animationFolder: string) {
    this.#settings = settings;
    this.#intermediateFolder = intermediateFolder;
    this.#animationFolder = animationFolder;
    this.#queue = new PictureQueue(intermediateFolder);
    this.#client = new MovieClient(({ movie, frame, frames }) =>
      settings.onEvent?.({ type: 'rendering', image: movie, frame, frames }),
    );
  }

  /**
   * Makes sure, before any sampling, that the folders can be written to and that the codec works at this size.
   * @param size of the pictures in pixels
   * @throws StepsAnimationError `output`, `usage` or `encoder`
   */
  static async open(settings: RecorderSettings, size: { width: number; height: number }): Promise<Recorder> {
    const { folder, animation } = settings;
    const intermediateFolder = resolveBelow(folder, animation.intermediatePath);
    const animationFolder = resolveBelow(folder, animation.animationPath);
    await prepareFolder(intermediateFolder);
    if (animation.createAnimation) await prepareFolder(animationFolder);
    const recorder = new Recorder(settings, intermediateFolder, animationFolder);
    try {
      if (animation.createAnimation) {
        await recorder.#client.ask<'check'>({ type: 'check', settings: trialSettings(animation, size) });
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
   * Announces the images of the run and the passes that each goes through, before their first steps.
   * @throws StepsAnimationError `input` when the run before has not ended
   */
  start(images: readonly RecordedImage[], passes: readonly RecordedPass[]): void {
    if (this.#run)
      throw new StepsAnimationError('input', 'The host announced a second run before the first had ended.');
    this.#run = new RunRecording(images, passes, {
      client: this.#client,
      animation: this.#settings.animation,
      intermediateFolder: this.#intermediateFolder,
      animationFolder: this.#animationFolder,
      startedAt: this.#startedAt,
      debug: (message) => this.#settings.onEvent?.({ type: 'debug', message }),
      note: (message) => this.#settings.onEvent?.({ type: 'note', message }),
      onIntermediate: (file) => this.#settings.onEvent?.({ type: 'intermediate', ...file }),
    });
  }

  /**
   * Takes a step; returns at once.
   * @param step the image, the index of the pass, and the number of the step within the pass, from 1
   * @param picture the picture, which then belongs to the recorder, or a function that decodes it later
   * @returns whether the step is one of those that the options take; the picture of any other is not asked for
   */
  step(step: RecordedStep, picture: Picture | (() => Promise<Picture>)): boolean {
    const recording = this.#started.image(step.image);
    const number = recording.take(step.pass, step.step);
    if (number === undefined) return false;
    const take = typeof picture === 'function' ? picture : this.#queue.add(picture).take;
    this.#enqueue(recording, async () => {
      // Taken whatever happens to the movie: a host may hold its pictures only for so long.
      const taken = await take();
      checkPicture(taken);
      await recording.begin();
      while (this.#underWay.size >= mostUnderWay) await Promise.race(this.#underWay);
      this.#follow(recording, recording.step(number, step.pass, taken));
    });
    return true;
  }

  /**
   * Takes a finished image, on which its movie ends.
   * @returns when the movie is there and checked
   * @throws StepsAnimationError saying what failed and how to try again from the intermediate files
   */
  async finish(image: number, finished: FinishedImage): Promise<Recording> {
    const arrivedAt = performance.timeOrigin + performance.now();
    const run = this.#started;
    run.image(image);
    await this.#line;
    return await run.finish(image, finished, arrivedAt);
  }

  /**
   * Ends the run, after its images: makes the movie of all images side by side where it is wanted, and clears up.
   * @returns that movie, or null
   * @throws StepsAnimationError when it fails; the intermediate files are kept then
   */
  async end(): Promise<Recording | null> {
    const run = this.#run;
    this.#run = undefined;
    await this.#line;
    await Promise.all(this.#underWay);
    return (await run?.end()) ?? null;
  }

  get #started(): RunRecording {
    if (!this.#run) throw new StepsAnimationError('input', 'The host sent something before it announced its images.');
    return this.#run;
  }

  #enqueue(recording: ImageRecording, work: () => Promise<void>): void {
    this.#line = this.#line.then(work).catch((error: unknown) => recording.fail(error));
  }

  #follow(recording: ImageRecording, work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => recording.fail(error))
      .finally(() => this.#underWay.delete(followed));
    this.#underWay.add(followed);
  }

  /** Lets the movie process go; to be called when everything has been finished or given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end();
    } finally {
      await this.#client[Symbol.asyncDispose]();
      this.#queue[Symbol.dispose]();
    }
    await removeAbandoned(this.#intermediateFolder);
    await removeAbandoned(this.#animationFolder);
    // Succeeds only when it is empty: files of other runs stay.
    await rmdir(this.#intermediateFolder).catch(() => {});
  }
}
