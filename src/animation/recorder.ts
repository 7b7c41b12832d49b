import { rmdir } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { resolveBelow } from './file-names.js';
import { ImageRecording, type RecordedImage, type Recording } from './image-recording.js';
import { MovieClient } from './movie-client.js';
import type { AnimationOptions } from './options.js';
import type { Picture } from './picture.js';
import { PictureQueue } from './picture-queue.js';
import { prepareFolder, removeAbandoned } from './whole-files.js';

/** What the recorder tells while it works. */
export type RecorderEvent =
  | { readonly type: 'rendering'; readonly image: number; readonly frame: number; readonly frames: number }
  | { readonly type: 'debug'; readonly message: string };

export type RecorderSettings = {
  readonly animation: AnimationOptions;
  /** folder of the finished images; the folders of intermediate files and movies lie below it */
  readonly folder: string;
  readonly onEvent?: (event: RecorderEvent) => void;
};

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
  readonly #recordings: ImageRecording[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #startedAt = new Date();
  /** Steps are decoded and handed over one after another, in the order in which they came. */
  #line: Promise<void> = Promise.resolve();
  #failure: unknown;

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
    const { codec, fps, duration, interpolation } = animation;
    const intermediateFolder = resolveBelow(folder, animation.intermediatePath);
    const animationFolder = resolveBelow(folder, animation.animationPath);
    await prepareFolder(intermediateFolder);
    if (animation.createAnimation) await prepareFolder(animationFolder);
    const recorder = new Recorder(settings, intermediateFolder, animationFolder);
    try {
      const trial = { codec, fps, duration, interpolation, ...size, sources: 2, tags: {} };
      if (animation.createAnimation) await recorder.#client.ask<'check'>({ type: 'check', settings: trial });
      return recorder;
    } catch (error) {
      await recorder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Announces the images of the run, before their first steps. */
  start(images: readonly RecordedImage[]): void {
    for (const image of images) {
      const recording = new ImageRecording(this.#recordings.length, image, {
        client: this.#client,
        animation: this.#settings.animation,
        intermediateFolder: this.#intermediateFolder,
        animationFolder: this.#animationFolder,
        startedAt: this.#startedAt,
        debug: (message) => this.#settings.onEvent?.({ type: 'debug', message }),
      });
      this.#recordings.push(recording);
    }
  }

  /**
   * Takes a step; returns at once.
   * @param step from 1
   * @param picture the picture, which then belongs to the recorder, or a function that decodes it later
   */
  step(image: number, step: number, picture: Picture | (() => Promise<Picture>)): void {
    const recording = this.#recording(image);
    const take = typeof picture === 'function' ? picture : this.#queue.add(picture).take;
    this.#enqueue(async () => {
      await recording.begin();
      const taken = await take();
      while (this.#underWay.size >= mostUnderWay) await Promise.race(this.#underWay);
      this.#follow(recording.step(step, taken));
    });
  }

  /**
   * Takes the finished image, on which the movie ends.
   * @param complete false when the run was interrupted
   * @returns when the movie is there and checked
   * @throws StepsAnimationError saying what failed and how to try again from the intermediate files
   */
  async finish(image: number, picture: Picture, infotext: string, complete: boolean): Promise<Recording> {
    const arrivedAt = performance.timeOrigin + performance.now();
    const recording = this.#recording(image);
    await this.#line;
    if (this.#failure !== undefined) throw this.#failure;
    return await recording.finish(picture, infotext, complete, arrivedAt);
  }

  #recording(image: number): ImageRecording {
    const recording = this.#recordings[image];
    if (!recording) throw new StepsAnimationError('input', `The host sent image ${image}, which it had not announced.`);
    return recording;
  }

  #enqueue(work: () => Promise<void>): void {
    this.#line = this.#line.then(work).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #follow(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#underWay.delete(followed));
    this.#underWay.add(followed);
  }

  /** Lets the movie process go; to be called when everything has been finished or given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line;
    await Promise.all(this.#underWay);
    await this.#client[Symbol.asyncDispose]();
    this.#queue[Symbol.dispose]();
    await removeAbandoned(this.#intermediateFolder);
    await removeAbandoned(this.#animationFolder);
    // Succeeds only when it is empty: files of other runs stay.
    await rmdir(this.#intermediateFolder).catch(() => {});
  }
}
