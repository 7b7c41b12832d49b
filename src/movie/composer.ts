import { StepsAnimationError } from '../errors.js';
import type { MotionInterpolator } from '../motion/motion-interpolator.js';
import {
  checkFrameSize,
  codecRow,
  encoderOptionsOf,
  type FrameRange,
  isOriginal,
  type PixelFormat,
} from '../options/codecs.js';
import { fitPicture } from '../pictures/fit.js';
import { checkPicture, type Picture } from '../pictures/picture.js';
import { type PictureSource, type ReadOptions, readPictures } from '../pictures/picture-source.js';
import { messageOf } from '../util/error-message.js';
import { FramePacker, frameFormats, frameSize, isVideo, planeSizes, workingFormatOf } from './frame-format.js';
import { CrossFade } from './in-betweens/cross-fade.js';
import type { InBetweens } from './in-betweens/in-betweens.js';
import { MotionPath } from './in-betweens/motion-path.js';
import { SmoothPath } from './in-betweens/smooth-path.js';
import { allocateFrameMemory, type FrameKernels, type KernelBuffer } from './kernels/frame-memory.js';
import type { LookAhead } from './look-ahead.js';
import type { MovieSettings } from './messages.js';
import { createTimeline, frameAt, holdFrames, shownVisits, type Timeline } from './timeline.js';
import { MovieWriter } from './writer.js';

/** A movie that is being composed: the encoder, and what finds motion. */
type Parts = {
  readonly writer: MovieWriter;
  readonly motion: MotionInterpolator | undefined;
  /** frames of the holds that are coded better than the others */
  readonly holds: readonly FrameRange[];
};

/** Pictures that are held: two around a frame, and one on each side of these for a smooth way. */
const maxHeld = 4;

/**
 * Takes the pictures of a movie in the order of the timeline's visits, and writes each frame as soon as no later picture
 * is needed for it. Holds at most four pictures and one frame, whatever the number of pictures.
 */
export class FrameComposer implements AsyncDisposable {
  readonly timeline: Timeline;
  readonly #shown: ReadonlySet<number>;
  /** visits that a hold shows */
  readonly #inHolds: ReadonlySet<number>;
  readonly #settings: MovieSettings;
  readonly #format: PixelFormat;
  readonly #writer: MovieWriter;
  readonly #motion: MotionInterpolator | undefined;
  readonly #inBetweens: InBetweens;
  readonly #kernels: FrameKernels;
  readonly #rgb: KernelBuffer;
  readonly #packer: FramePacker | undefined;
  /** the last pictures, and of which visits they are, oldest first */
  readonly #held: { visit: number; readonly planes: KernelBuffer }[];
  #visits = 0;
  /** set while a picture is added, and for good if that fails: its frames must not show another picture */
  #isIncomplete = false;

  private constructor(
    settings: MovieSettings,
    timeline: Timeline,
    { writer, motion, holds }: Parts,
    { palette }: LookAhead,
  ) {
    const { pixelFormat } = codecRow(settings.codec);
    this.#settings = settings;
    this.#format = pixelFormat;
    this.timeline = timeline;
    this.#shown = shownVisits(timeline);
    this.#inHolds = new Set(holds.map(({ first }) => frameAt(timeline, first).to));
    this.#writer = writer;
    this.#motion = motion;
    const memory = allocate(settings, pixelFormat);
    this.#kernels = memory.kernels;
    this.#rgb = memory.rgb;
    this.#held = memory.held.map((planes) => ({ visit: -1, planes }));
    this.#inBetweens = inBetweensOf(memory, motion, timeline, this.#shown);
    if (!isVideo(pixelFormat)) {
      this.#packer = new FramePacker(pixelFormat, settings, this.#kernels, memory.packing, palette);
    }
  }

  /**
   * Opens the movie file at `path`, to which pictures are added after that.
   * @throws StepsAnimationError `usage` or `encoder` for settings that are refused, `output` if the file cannot be created
   */
  static async open(path: string, settings: MovieSettings, ahead: LookAhead = {}) {
    const { sources, codec: name, tags, encoderSettings, sideBySide } = settings;
    const codec = codecRow(name);
    const fps = movieFps(settings);
    checkFrameSize(name, frameSize(codec.pixelFormat, settings), 'encoder');
    const timeline = createTimeline(sources, { ...settings, fps }, ahead.times);
    const holds = isOriginal(encoderSettings) ? [] : holdFrames(timeline);
    const writer = await MovieWriter.open(path, {
      ...{ codec, fps, tags, sideBySide, holds },
      ...frameSize(codec.pixelFormat, settings),
      encoderOptions: encoderOptionsOf(codec, encoderSettings, holds),
    });
    let motion: MotionInterpolator | undefined;
    try {
      motion = await openMotion(settings, codec.pixelFormat);
      return new FrameComposer(settings, timeline, { writer, motion, holds }, ahead);
    } catch (error) {
      await motion?.[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Frames per second: as set, or as many as the codec allows. */
  get fps(): number {
    return movieFps(this.#settings);
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#writer.frames;
  }

  /** Reads and adds the pictures of all visits; sources that no frame shows are not read. */
  async addAll(sources: readonly PictureSource[], options: ReadOptions & { onAdded?: () => void } = {}): Promise<void> {
    const { visits } = this.timeline;
    const shown = visits.filter((_, visit) => this.#shown.has(visit)).map((source) => sources[source]);
    const pictures = readPictures(
      shown.filter((source) => source !== undefined),
      options,
    );
    for await (const picture of pictures) {
      while (!this.#shown.has(this.#visits)) this.#visits++;
      await this.add(picture);
      options.onAdded?.();
    }
  }

  /** Adds the picture of the next visit, fitted to the size of the movie, and writes the frames that are now complete. */
  async add(picture: Picture): Promise<void> {
    const visit = this.#visits++;
    if (!this.#shown.has(visit)) return;
    if (this.#isIncomplete) throw new StepsAnimationError('encoder', 'An earlier picture could not be added.');
    this.#isIncomplete = true;
    const { width, height } = this.#settings;
    checkPicture(picture);
    const fitted = await fitPicture(picture, { width, height }, this.#settings);
    this.#rgb.bytes.set(fitted.data);
    const { planes } = this.#takeOldest(visit);
    const { convert, convertSharply = convert } = frameFormats[workingFormatOf(this.#format)];
    const toPlanes = this.#inHolds.has(visit) ? convertSharply : convert;
    toPlanes(this.#kernels, this.#rgb.address, planes.address, { width, height });
    await this.#writeFramesUpTo(visit);
    this.#isIncomplete = false;
  }

  /** The place of the oldest picture that is held, for that of `visit`. */
  #takeOldest(visit: number) {
    const [oldest] = this.#held.splice(0, 1);
    if (!oldest) throw new Error('No place for a picture.');
    oldest.visit = visit;
    this.#held.push(oldest);
    return oldest;
  }

  async #writeFramesUpTo(visit: number): Promise<void> {
    const pictures = (wanted: number) => this.#held.find((held) => held.visit === wanted)?.planes;
    while (this.frames < this.timeline.frames) {
      const at = frameAt(this.timeline, this.frames);
      if ((at.weight === 0 ? at.to : this.#inBetweens.lastNeeded(at)) > visit) return;
      const frame = at.weight === 0 ? pictures(at.to) : await this.#inBetweens.frame(at, pictures);
      if (!frame) throw new Error(`The picture of visit ${at.to} is not there.`);
      await this.#writer.write((this.#packer?.pack(frame) ?? frame).bytes);
    }
  }

  /** Completes the file; all visits must have been added. */
  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** Frees the native resources; a file that was not closed is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#motion?.[Symbol.asyncDispose]();
  }
}

/** Whether frames lie on a smooth way. A palette's few colours would hide it: with these, they are cross-faded. */
function isSmooth({ interpolation }: MovieSettings, format: PixelFormat): boolean {
  return (interpolation === 'smooth' || interpolation === 'mci') && format !== 'pal8';
}

function allocate(settings: MovieSettings, format: PixelFormat) {
  const { width, height } = frameSize(format, settings);
  const { planes, bytesPerPixel } = frameFormats[workingFormatOf(format)];
  const bytes = width * height * bytesPerPixel;
  const smooth = isSmooth(settings, format);
  const { kernels, buffers } = allocateFrameMemory([
    settings.width * settings.height * 3,
    bytes,
    smooth ? SmoothPath.bendBytes(bytes, planes.depth) : 0,
    smooth ? SmoothPath.scratchBytes(width) : 0,
    settings.interpolation === 'mci' ? bytes : 0,
    ...FramePacker.bufferSizes(format, settings),
    ...Array.from({ length: smooth ? maxHeld : 2 }, () => bytes),
  ]);
  const [rgb, out, bend, scratch, moved, packed, lookup, errors, ...held] = buffers;
  const packing = [packed, lookup, errors] as const;
  const path = { kernels, depth: planes.depth, planes: planeSizes(format, settings), out, bend, scratch };
  return { kernels, path, smooth, moved, rgb, packing, held };
}

function inBetweensOf(
  { path, smooth, moved }: ReturnType<typeof allocate>,
  motion: MotionInterpolator | undefined,
  timeline: Timeline,
  shown: ReadonlySet<number>,
): InBetweens {
  const crossFade = new CrossFade(path.kernels, path.depth, path.out);
  const inPlace = smooth ? new SmoothPath(path, { timeline, shown, crossFade }) : crossFade;
  return motion ? new MotionPath(motion, inPlace, crossFade, moved) : inPlace;
}

/** Pictures with a shorter side are too small for motion: they are blended. */
const minSideForMotion = 16;

/** Starts the interpolation by motion if the settings want it. */
async function openMotion(settings: MovieSettings, format: PixelFormat): Promise<MotionInterpolator | undefined> {
  const { interpolation, sources, width, height } = settings;
  if (interpolation !== 'mci' || sources < 2 || Math.min(width, height) < minSideForMotion) return undefined;
  // Imported here: other movies need not load it.
  const { MotionInterpolator } = await import('../motion/motion-interpolator.js');
  const layout = { ...frameSize(format, settings), ...frameFormats[workingFormatOf(format)].planes };
  try {
    return await MotionInterpolator.open(layout);
  } catch (error) {
    if (error instanceof RangeError) throw new StepsAnimationError('usage', messageOf(error), { cause: error });
    throw error;
  }
}

function movieFps({ codec, fps }: MovieSettings): number {
  return Math.min(fps, codecRow(codec).maxFps ?? fps);
}
