import { stat, unlink } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { publish, syncFile, temporaryPath } from '../files/whole-files.js';
import { addInfotext } from '../infotext/add-infotext.js';
import { codecRow } from '../options/codecs.js';
import type { Picture } from '../pictures/picture.js';
import { type PictureSource, type ReadOptions, readPictures } from '../pictures/picture-source.js';
import { type Foreknowledge, FrameComposer } from './frame-composer.js';
import { makePalette } from './gif-palette.js';
import { joinMovies } from './join-movies.js';
import type { FileTarget, FinishedMovie } from './messages.js';
import type { MovieSettings } from './movie-settings.js';
import { measureChanges, paceByChange } from './pacing.js';
import { probeMovie } from './probe.js';

export type MovieProgress = { readonly frame: number; readonly frames: number };

type WriteOptions = ReadOptions & { readonly onProgress?: (progress: MovieProgress) => void };

/** Pictures whose colours make a GIF's palette. */
const mostForPalette = 32;

/** A movie file in the making: it appears under its final name only when it is whole. */
export class MovieFile implements AsyncDisposable {
  readonly #target: FileTarget;
  readonly #settings: MovieSettings;
  readonly #composer: FrameComposer;
  readonly #temporary: string;
  readonly #more: string[] = [];
  #last: Picture | undefined;
  /** frames of the hold that is put before the rest at the end, and how many of them are there */
  #opening = 0;
  #opened = 0;

  private constructor(target: FileTarget, settings: MovieSettings, temporary: string, composer: FrameComposer) {
    this.#target = target;
    this.#settings = settings;
    this.#temporary = temporary;
    this.#composer = composer;
  }

  /** Opens a movie whose pictures come one after another, the finished image last. */
  static async openLive(target: FileTarget, settings: MovieSettings): Promise<MovieFile> {
    const temporary = temporaryPath(target.folder);
    // What opens the movie is known last; it is encoded by itself and put before the rest.
    const rest = { ...settings, firstFrameDuration: 0 };
    const file = new MovieFile(target, settings, temporary, await openComposer(temporary, rest));
    const { firstFrameDuration } = settings;
    if (firstFrameDuration > 0) file.#opening = Math.max(Math.round(firstFrameDuration * file.#composer.fps), 1);
    return file;
  }

  /** Opens a movie of pictures that are all there. */
  static async open(target: FileTarget, settings: MovieSettings, foreknowledge: Foreknowledge): Promise<MovieFile> {
    const temporary = temporaryPath(target.folder);
    const composer = await openComposer(temporary, settings, foreknowledge);
    return new MovieFile(target, settings, temporary, composer);
  }

  /** Frames written so far, and in all. */
  get progress(): MovieProgress {
    const { frames, timeline } = this.#composer;
    return { frame: frames + this.#opened, frames: timeline.frames + this.#opening };
  }

  async add(picture: Picture): Promise<void> {
    this.#last = picture;
    await this.#composer.add(picture);
  }

  async addAll(...parameters: Parameters<FrameComposer['addAll']>): Promise<void> {
    await this.#composer.addAll(...parameters);
  }

  /**
   * Completes the file, gives it its name, and reads it back.
   * @throws StepsAnimationError `encoder` when pictures are missing, or when what is read back is not what was written
   */
  async close(): Promise<FinishedMovie> {
    const { frames, timeline } = this.#composer;
    if (frames !== timeline.frames) {
      throw new StepsAnimationError('encoder', `The movie has only ${frames} of its ${timeline.frames} frames.`);
    }
    await this.#composer.close();
    const { path, expected } = await this.#withOpening();
    const { codec, tags } = this.#settings;
    await addInfotext(path, codecRow(codec).extension, tags.comment ?? '');
    await syncFile(path);
    return await this.#publish(path, expected);
  }

  /** Puts the hold before the rest where there is one that was not known when the movie was opened. */
  async #withOpening(): Promise<{ path: string; expected: number }> {
    const { firstFrameDuration, codec: name, tags } = this.#settings;
    const rest = { path: this.#temporary, frames: this.#composer.frames };
    if (this.#last === undefined || firstFrameDuration === 0) return { path: rest.path, expected: rest.frames };
    const { folder } = this.#target;
    const hold = { path: this.#temporaryPath(folder), frames: 0 };
    const settings = { ...this.#settings, duration: firstFrameDuration, sources: 1 };
    await using composer = await FrameComposer.open(hold.path, {
      ...settings,
      firstFrameDuration: 0,
      lastFrameDuration: 0,
    });
    await composer.add(this.#last);
    await composer.close();
    hold.frames = composer.frames;
    this.#opened = hold.frames;
    const path = this.#temporaryPath(folder);
    await joinMovies([hold, rest], path, { codec: codecRow(name), fps: this.#composer.fps, tags });
    return { path, expected: hold.frames + rest.frames };
  }

  #temporaryPath(folder: string): string {
    const path = temporaryPath(folder);
    this.#more.push(path);
    return path;
  }

  async #publish(temporary: string, expected: number): Promise<FinishedMovie> {
    const { folder, stem } = this.#target;
    const { extension } = codecRow(this.#settings.codec);
    const path = await publish(temporary, folder, stem, extension);
    const publishedAt = performance.timeOrigin + performance.now();
    try {
      const { width, height, frames } = await probeMovie(path);
      if (frames === expected) {
        const { fps } = this.#composer;
        return { path, width, height, frames, fps, bytes: (await stat(path)).size, publishedAt };
      }
      throw new StepsAnimationError('encoder', `The movie was written with ${frames} instead of ${expected} frames.`);
    } catch (error) {
      await unlink(path).catch(() => {});
      throw error;
    }
  }

  /** Frees everything; removes the file if it was not closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#composer[Symbol.asyncDispose]();
    for (const path of [this.#temporary, ...this.#more]) await unlink(path).catch(() => {});
  }
}

/** Leaves no file behind when the movie cannot be opened. */
async function openComposer(...[path, ...settings]: Parameters<typeof FrameComposer.open>): Promise<FrameComposer> {
  try {
    return await FrameComposer.open(path, ...settings);
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  }
}

/**
 * Makes a movie of pictures that are all there already.
 * @param sources as many as `settings.sources`, in order
 */
export async function writeMovie(
  target: FileTarget,
  settings: MovieSettings,
  sources: readonly PictureSource[],
  options: WriteOptions = {},
): Promise<FinishedMovie> {
  try {
    return await writeOnce(target, settings, sources, options);
  } catch (error) {
    // Of some hundred short movies libx265 was seen to fail one, whose frames went through at the next try.
    const mayPass = error instanceof StepsAnimationError && (error.code === 'encoder' || error.code === 'output');
    if (!mayPass) throw error;
    return await writeOnce(target, settings, sources, options);
  }
}

async function writeOnce(
  target: FileTarget,
  settings: MovieSettings,
  sources: readonly PictureSource[],
  { signal, onPicture, onProgress }: WriteOptions,
): Promise<FinishedMovie> {
  await using movie = await MovieFile.open(target, settings, await lookAhead(settings, sources, { signal }));
  await movie.addAll(sources, { signal, onPicture, onAdded: () => onProgress?.(movie.progress) });
  return await movie.close();
}

/** Looks at all pictures beforehand where the settings ask for it. */
async function lookAhead(
  settings: MovieSettings,
  sources: readonly PictureSource[],
  options: ReadOptions,
): Promise<Foreknowledge> {
  const { pacing, codec } = settings;
  const distance = Math.max(1, sources.length / mostForPalette);
  // The last one counts most: it is shown longest.
  const some = sources.filter((_, index) => (sources.length - 1 - index) % Math.ceil(distance) === 0);
  return {
    ...(pacing === 'even' && {
      times: paceByChange(await measureChanges(readPictures(sources, options), settings)),
    }),
    ...(codecRow(codec).extension === 'gif' && { palette: await makePalette(readPictures(some, options)) }),
  };
}
