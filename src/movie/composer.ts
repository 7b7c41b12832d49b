import { StepsAnimationError } from '../errors.js';
import type { MotionInterpolator } from '../motion/motion-interpolator.js';
import { checkFrameSize, codecRow, encoderOptionsOf, type PixelFormat } from '../options/codecs.js';
import { fitPicture } from '../pictures/fit.js';
import { checkPicture, type Picture } from '../pictures/picture.js';
import { type PictureSource, type ReadOptions, readPictures } from '../pictures/picture-source.js';
import { messageOf } from '../util/error-message.js';
import { FramePacker, frameFormats, frameSize, isVideo, workingFormatOf } from './frame-format.js';
import { allocateFrameMemory, type FrameKernels, type KernelBuffer, padToSimd } from './kernels/frame-memory.js';
import type { LookAhead } from './look-ahead.js';
import type { MovieSettings } from './messages.js';
import { createTimeline, frameAt, shownVisits, type Timeline } from './timeline.js';
import { MovieWriter } from './writer.js';

/** A movie that is being composed: the encoder, and what interpolates frames by motion. */
type Resources = { readonly writer: MovieWriter; readonly motion: MotionInterpolator | undefined };

/**
 * Takes the pictures of a movie in the order of the timeline's visits, and writes each frame as soon as no later picture
 * is needed for it. Holds two pictures and one frame, whatever the number of pictures.
 */
export class FrameComposer implements AsyncDisposable {
  readonly timeline: Timeline;
  readonly #shown: ReadonlySet<number>;
  readonly #settings: MovieSettings;
  readonly #format: PixelFormat;
  readonly #writer: MovieWriter;
  /** undefined if frames are blended */
  readonly #motion: MotionInterpolator | undefined;
  readonly #kernels: FrameKernels;
  readonly #rgb: KernelBuffer;
  readonly #frame: KernelBuffer;
  readonly #packer: FramePacker | undefined;
  /** the number of visits when the motion between the last two was estimated */
  #estimatedAt = -1;
  #previous: KernelBuffer;
  #current: KernelBuffer;
  #visits = 0;
  /** set while a picture is added, and for good if that fails: its frames must not show another picture */
  #isIncomplete = false;

  private constructor(
    settings: MovieSettings,
    timeline: Timeline,
    { writer, motion }: Resources,
    palette: Uint8Array | undefined,
  ) {
    const { pixelFormat } = codecRow(settings.codec);
    this.#settings = settings;
    this.#format = pixelFormat;
    this.timeline = timeline;
    this.#shown = shownVisits(timeline);
    this.#writer = writer;
    this.#motion = motion;
    const { width, height } = frameSize(pixelFormat, settings);
    const bytes = width * height * frameFormats[workingFormatOf(pixelFormat)].bytesPerPixel;
    const packedBytes = FramePacker.bufferSizes(pixelFormat, settings);
    const memory = allocateFrameMemory([settings.width * settings.height * 3, bytes, bytes, bytes, ...packedBytes]);
    const [rgb, previous, current, frame, ...packed] = memory.buffers;
    this.#kernels = memory.kernels;
    [this.#rgb, this.#previous, this.#current, this.#frame] = [rgb, previous, current, frame];
    if (!isVideo(pixelFormat)) {
      this.#packer = new FramePacker(pixelFormat, settings, this.#kernels, packed, palette);
    }
  }

  /**
   * Opens the movie file at `path`, to which pictures are added after that.
   * @throws StepsAnimationError `usage` or `encoder` for settings that are refused, `output` if the file cannot be created
   */
  static async open(path: string, settings: MovieSettings, { times, palette }: LookAhead = {}) {
    const { sources, codec: name, tags, encoderSettings, sideBySide } = settings;
    const codec = codecRow(name);
    const fps = movieFps(settings);
    checkFrameSize(name, frameSize(codec.pixelFormat, settings), 'encoder');
    const timeline = createTimeline(sources, { ...settings, fps }, times);
    const writer = await MovieWriter.open(path, {
      ...{ codec, fps, tags, sideBySide },
      ...frameSize(codec.pixelFormat, settings),
      encoderOptions: encoderOptionsOf(codec, encoderSettings),
    });
    let motion: MotionInterpolator | undefined;
    try {
      motion = await openMotion(settings, codec.pixelFormat);
      return new FrameComposer(settings, timeline, { writer, motion }, palette);
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
    [this.#previous, this.#current] = [this.#current, this.#previous];
    this.#rgb.bytes.set(fitted.data);
    const { convert } = frameFormats[workingFormatOf(this.#format)];
    convert(this.#kernels, this.#rgb.address, this.#current.address, { width, height });
    await this.#writeFramesUpTo(visit);
    this.#isIncomplete = false;
  }

  async #writeFramesUpTo(visit: number): Promise<void> {
    while (this.frames < this.timeline.frames) {
      const { to, weight } = frameAt(this.timeline, this.frames);
      if (to > visit) return;
      const frame = weight === 0 ? this.#current : await this.#between(weight);
      await this.#writer.write((this.#packer?.pack(frame) ?? frame).bytes);
    }
  }

  /** The frame between the two pictures. */
  async #between(weight: number): Promise<KernelBuffer> {
    const motion = this.#motion;
    if (!motion) return this.#blend(weight);
    try {
      if (this.#estimatedAt !== this.#visits) await motion.setPair(this.#previous.bytes, this.#current.bytes);
      this.#estimatedAt = this.#visits;
      await motion.frame(weight, this.#frame.bytes);
      return this.#frame;
    } catch (error) {
      throw new StepsAnimationError('encoder', messageOf(error), { cause: error });
    }
  }

  #blend(weight: number): KernelBuffer {
    const { address, bytes } = this.#frame;
    const length = padToSimd(bytes.length);
    const { blend, blendWords } = this.#kernels;
    const { depth } = frameFormats[workingFormatOf(this.#format)].planes;
    const [kernel, fullWeight] = depth === 8 ? [blend, 256] : [blendWords, 1024];
    kernel(this.#previous.address, this.#current.address, address, length, Math.round(weight * fullWeight));
    return this.#frame;
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
