import { stat, unlink } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { codecs } from './codecs.js';
import { FrameComposer } from './frame-composer.js';
import type { FileTarget, FinishedMovie } from './movie-messages.js';
import type { MovieSettings } from './movie-settings.js';
import type { Picture } from './picture.js';
import { probeMovie } from './probe.js';
import { publish, syncFile, temporaryPath } from './whole-files.js';

/** A movie file in the making: it appears under its final name only when it is whole. */
export class MovieFile implements AsyncDisposable {
  readonly #target: FileTarget;
  readonly #settings: MovieSettings;
  readonly #temporary: string;
  readonly #composer: FrameComposer;

  private constructor(target: FileTarget, settings: MovieSettings, temporary: string, composer: FrameComposer) {
    this.#target = target;
    this.#settings = settings;
    this.#temporary = temporary;
    this.#composer = composer;
  }

  static async open(target: FileTarget, settings: MovieSettings): Promise<MovieFile> {
    const temporary = temporaryPath(target.folder);
    return new MovieFile(target, settings, temporary, await FrameComposer.open(temporary, settings));
  }

  /** Frames written so far, and in all. */
  get progress(): { readonly frame: number; readonly frames: number } {
    return { frame: this.#composer.frames, frames: this.#composer.timeline.frames };
  }

  async add(picture: Picture): Promise<void> {
    await this.#composer.add(picture);
  }

  /**
   * Completes the file, gives it its name, and reads it back.
   * @throws StepsAnimationError `encoder` when pictures are missing, or when what is read back is not what was written
   */
  async close(): Promise<FinishedMovie> {
    const { frame, frames: expected } = this.progress;
    if (frame !== expected) {
      throw new StepsAnimationError('encoder', `The movie has only ${frame} of its ${expected} frames.`);
    }
    await this.#composer.close();
    await syncFile(this.#temporary);
    const { folder, stem } = this.#target;
    const path = await publish(this.#temporary, folder, stem, codecs[this.#settings.codec].extension);
    const publishedAt = performance.timeOrigin + performance.now();
    const { width, height, frames } = await probeMovie(path);
    if (frames !== expected) {
      await unlink(path);
      throw new StepsAnimationError('encoder', `The movie was written with ${frames} instead of ${expected} frames.`);
    }
    return { path, width, height, frames, bytes: (await stat(path)).size, publishedAt };
  }

  /** Frees everything; removes the file if it was not closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#composer[Symbol.asyncDispose]();
    await unlink(this.#temporary).catch(() => {});
  }
}

/**
 * Makes a movie of pictures that are all there already.
 * @param pictures as many as `settings.sources`, in order
 */
export async function writeMovie(
  target: FileTarget,
  settings: MovieSettings,
  pictures: AsyncIterable<Picture>,
  onProgress?: (progress: { readonly frame: number; readonly frames: number }) => void,
): Promise<FinishedMovie> {
  await using movie = await MovieFile.open(target, settings);
  for await (const picture of pictures) {
    await movie.add(picture);
    onProgress?.(movie.progress);
  }
  return await movie.close();
}
