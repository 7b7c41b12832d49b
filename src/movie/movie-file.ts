import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { StepsAnimationError } from '../errors.js';
import { removeFile } from '../files/held-files.js';
import { publish, temporaryPath } from '../files/publish.js';
import { syncFile } from '../files/whole-files.js';
import { addInfotext } from '../infotext/infotext-files.js';
import { animationOptionsSchema } from '../options/animation-options.js';
import { type CodecName, type CodecRow, checkFrameSize, codecRow, codecs } from '../options/codecs.js';
import type { Picture } from '../pictures/picture.js';
import type { PictureSource, ReadOptions } from '../pictures/picture-source.js';
import { messageOf } from '../util/error-message.js';
import { FrameComposer } from './composer.js';
import { frameSize } from './frame-format.js';
import { joinMovies } from './join.js';
import { type PacedPicture, PacingQueue } from './live-pacing.js';
import { type LookAhead, lookAhead } from './look-ahead.js';
import {
  type FileTarget,
  type FinishedMovie,
  type FrameProgress,
  type MovieSettings,
  trialSettings,
} from './messages.js';
import { probeMovie } from './probe.js';
import { stepCount, unknownTimes } from './timeline.js';

const noHolds = { noiseDuration: 0, firstFrameDuration: 0, lastFrameDuration: 0 } as const;

/** A movie file that is being written: it gets its final name only when it is complete and has been checked. */
export class MovieFile implements AsyncDisposable {
  readonly #target: FileTarget;
  readonly #settings: MovieSettings;
  readonly #composer: FrameComposer;
  /** paths of the unfinished files, that of the composer first */
  readonly #temporary: [string, ...string[]];
  /** of a live movie with even pacing: the times of its steps, as far as they are decided */
  #pacing: { readonly queue: PacingQueue; readonly times: number[]; decided: number } | undefined;
  #last: Picture | undefined;
  /** frames of the opening hold that is joined to a live movie at the end, and how many of them are written */
  #opening = { frames: 0, written: 0 };

  private constructor(target: FileTarget, settings: MovieSettings, temporary: string, composer: FrameComposer) {
    this.#target = target;
    this.#settings = settings;
    this.#temporary = [temporary];
    this.#composer = composer;
  }

  /**
   * Opens a movie whose pictures come one by one, the finished image last.
   * @param typicalChange of whole runs, as in `LivePacer`
   */
  static async openLive(target: FileTarget, settings: MovieSettings, typicalChange: number): Promise<MovieFile> {
    const temporary = temporaryPath(target.folder);
    // The opening hold shows the last picture: it is encoded on its own and joined to the rest.
    const rest = { ...settings, firstFrameDuration: 0 };
    const isPacedLive = settings.pacing === 'even' && stepCount(settings) > 1;
    const times = isPacedLive ? unknownTimes(settings) : undefined;
    const composer = await openComposer(temporary, rest, times ? { times } : {});
    const file = new MovieFile(target, settings, temporary, composer);
    if (times) file.#pacing = { queue: new PacingQueue(settings, typicalChange), times, decided: 0 };
    const { firstFrameDuration } = settings;
    if (firstFrameDuration > 0) file.#opening.frames = Math.max(Math.round(firstFrameDuration * file.#composer.fps), 1);
    return file;
  }

  /** Opens a movie whose pictures are all available. */
  static async open(target: FileTarget, settings: MovieSettings, ahead: LookAhead): Promise<MovieFile> {
    const temporary = temporaryPath(target.folder);
    return new MovieFile(target, settings, temporary, await openComposer(temporary, settings, ahead));
  }

  /** Frames written so far, and in all. */
  get progress(): FrameProgress {
    const { frames, timeline } = this.#composer;
    return { frame: frames + this.#opening.written, frames: timeline.frames + this.#opening.frames };
  }

  /**
   * Adds the next picture of a live movie.
   * @param development for even pacing, as in `LivePacer`; undefined for the noise
   * @returns how much it differs from the step before, 0 to 255; null where that is not measured
   */
  async add(picture: Picture, development?: number): Promise<number | null> {
    this.#last = picture;
    if (!this.#pacing || development === undefined) {
      await this.#composer.add(picture);
      return null;
    }
    const { change, decided } = await this.#pacing.queue.add(picture, development);
    await this.#addPaced(decided);
    return change;
  }

  async #addPaced(pictures: readonly PacedPicture[]): Promise<void> {
    for (const { picture, time } of pictures) {
      if (this.#pacing) this.#pacing.times[this.#pacing.decided++] = time;
      await this.#composer.add(picture);
    }
  }

  async addAll(...parameters: Parameters<FrameComposer['addAll']>): Promise<void> {
    await this.#composer.addAll(...parameters);
  }

  /**
   * Completes the file, gives it its final name, and reads it back.
   * @throws StepsAnimationError `encoder` when pictures are missing, or the file does not have the frames that were written
   */
  async close(): Promise<FinishedMovie> {
    if (this.#pacing) await this.#addPaced(this.#pacing.queue.end());
    const { frames, timeline } = this.#composer;
    if (frames !== timeline.frames) {
      throw new StepsAnimationError('encoder', `The movie has only ${frames} of its ${timeline.frames} frames.`);
    }
    await this.#composer.close();
    const path = this.#last && this.#opening.frames > 0 ? await this.#joinOpening(this.#last) : this.#temporary[0];
    const { codec, tags } = this.#settings;
    await addInfotext(path, codecRow(codec).extension, tags.comment ?? '');
    await syncFile(path);
    return await this.#publish(path);
  }

  /** Encodes the opening hold and joins it to the rest. @returns the path of the whole movie */
  async #joinOpening(picture: Picture): Promise<string> {
    const { firstFrameDuration, codec: name, tags } = this.#settings;
    const hold = this.#temporaryPath();
    const settings = { ...this.#settings, ...noHolds, duration: firstFrameDuration, sources: 1 };
    await using composer = await FrameComposer.open(hold, settings);
    await composer.add(picture);
    await composer.close();
    this.#opening.written = composer.frames;
    const path = this.#temporaryPath();
    const parts = [
      { path: hold, frames: composer.frames },
      { path: this.#temporary[0], frames: this.#composer.frames },
    ];
    await joinMovies(parts, path, { codec: codecRow(name), fps: this.#composer.fps, tags });
    return path;
  }

  #temporaryPath(): string {
    const path = temporaryPath(this.#target.folder);
    this.#temporary.push(path);
    return path;
  }

  async #publish(temporary: string): Promise<FinishedMovie> {
    const { folder, stem } = this.#target;
    const { extension } = codecRow(this.#settings.codec);
    const path = await publish(temporary, folder, stem, extension);
    const publishedAt = performance.timeOrigin + performance.now();
    try {
      const { width, height, frames } = await probeMovie(path);
      const { frame: expected } = this.progress;
      if (frames === expected) {
        const { fps } = this.#composer;
        return { path, width, height, frames, fps, bytes: (await stat(path)).size, publishedAt };
      }
      throw new StepsAnimationError('encoder', `The movie was written with ${frames} instead of ${expected} frames.`);
    } catch (error) {
      await removeFile(path);
      throw error;
    }
  }

  /** Frees all resources, and removes the file if it was not closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#composer[Symbol.asyncDispose]();
    for (const path of this.#temporary) await removeFile(path);
  }
}

/** Removes the file if the movie cannot be opened. */
async function openComposer(...[path, ...settings]: Parameters<typeof FrameComposer.open>): Promise<FrameComposer> {
  try {
    return await FrameComposer.open(path, ...settings);
  } catch (error) {
    await removeFile(path);
    throw error;
  }
}

type WriteOptions = ReadOptions & { readonly onProgress?: (progress: FrameProgress) => void };

/**
 * Makes a movie of pictures that are all available.
 * @param sources as many as `settings.sources`, in order
 */
export async function writeMovie(
  target: FileTarget,
  settings: MovieSettings,
  sources: readonly PictureSource[],
  options: WriteOptions = {},
): Promise<FinishedMovie> {
  return await retryEncoder(() => writeOnce(target, settings, sources, options));
}

/** Tries again, once: among some hundred short movies libx265 failed once, and encoded the same frames the second time. */
async function retryEncoder<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const mayPass = error instanceof StepsAnimationError && (error.code === 'encoder' || error.code === 'output');
    if (!mayPass) throw error;
    return await work();
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

/**
 * Encodes two pictures with these settings and discards the result.
 * @throws StepsAnimationError `usage` or `encoder` with what the codec refuses
 */
export async function tryCodec(settings: MovieSettings): Promise<void> {
  checkFrameSize(settings.codec, frameSize(codecRow(settings.codec).pixelFormat, settings));
  await retryEncoder(() => encodeTrial(settings));
}

async function encodeTrial(settings: MovieSettings): Promise<void> {
  const { width, height, codec, fps } = settings;
  const path = temporaryPath(tmpdir());
  try {
    const black = { width, height, data: new Uint8Array(width * height * 3) };
    const short = { ...settings, ...noHolds, sources: 2, duration: 2 / fps, loop: 'none' } as const;
    const palette = codecRow(codec).pixelFormat === 'pal8' ? { palette: new Uint8Array(256 * 4).fill(255) } : {};
    await using composer = await FrameComposer.open(path, short, palette);
    await composer.add(black);
    await composer.add(black);
    await composer.close();
  } finally {
    await removeFile(path);
  }
}

/** Whether a codec works on this machine. */
export type CodecTrial = {
  readonly codec: CodecRow;
  readonly works: boolean;
  /** why it does not work */
  readonly message?: string;
};

/**
 * Tries all codecs on this machine.
 * @returns the codecs in the order of the table; those that fail have a `message`
 */
export async function tryCodecs(): Promise<CodecTrial[]> {
  const trials: CodecTrial[] = [];
  for (const name of Object.keys(codecs) as CodecName[]) {
    const codec = codecRow(name);
    const animation = animationOptionsSchema.parse({ codec: name });
    try {
      await tryCodec(trialSettings(animation, { width: 64, height: 64 }));
      trials.push({ codec, works: true });
    } catch (error) {
      trials.push({ codec, works: false, message: messageOf(error) });
    }
  }
  return trials;
}
