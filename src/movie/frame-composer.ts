import { StepsAnimationError } from '../errors.js';
import type { MotionInterpolator } from '../motion/motion-interpolator.js';
import type { PixelFormat } from '../options/codecs.js';
import { codecRow } from '../options/codecs.js';
import { encoderOptionsOf } from '../options/encoder-settings.js';
import { checkPicture, type Picture } from '../pictures/picture.js';
import { fitPicture } from '../pictures/picture-files.js';
import { type PictureSource, type ReadOptions, readPictures } from '../pictures/picture-source.js';
import { frameBytes, frameFormats, frameSize, type WorkingFormat } from './frame-format.js';
import { FramePacker } from './frame-packer.js';
import { allocateFrameMemory, type FrameKernels, type KernelBuffer, padToSimd } from './kernels/frame-memory.js';
import type { MovieSettings } from './movie-settings.js';
import { createTimeline, frameAt, shownVisits, type Timeline, type TimelineFrame } from './timeline.js';
import { MovieWriter } from './writer.js';

/** What has to be known of all pictures before the first frame, where the settings ask for it. */
export type Foreknowledge = {
  /** when each source is reached, from 0 to 1 */
  readonly times?: readonly number[];
  /** 256 colours as BGRA */
  readonly palette?: Uint8Array;
};

/**
 * Takes the pictures of a movie in the order of the timeline's visits and writes every frame as soon as no later
 * picture is needed for it. Holds two pictures and one frame, whatever their number.
 */
export class FrameComposer implements AsyncDisposable {
  readonly timeline: Timeline;
  readonly #shown: ReadonlySet<number>;
  readonly #settings: MovieSettings;
  /** the layout in which frames are made, and what brings them into the encoder's where that is another one */
  readonly #working: WorkingFormat;
  readonly #writer: MovieWriter;
  readonly #kernels: FrameKernels;
  readonly #rgb: KernelBuffer;
  readonly #frame: KernelBuffer;
  readonly #packer: FramePacker | undefined;
  /** for `mci`, between pictures that are large enough */
  readonly #motion: MotionInterpolator | undefined;
  /** the visit that ends the interval whose motion has been estimated */
  #estimated = -1;
  #previous: KernelBuffer;
  #current: KernelBuffer;
  #visits = 0;
  /** a picture is missing: the frames that show it must not show another one */
  #hasFailed = false;

  private constructor(
    settings: MovieSettings,
    timeline: Timeline,
    writer: MovieWriter,
    motion: MotionInterpolator | undefined,
    palette: Uint8Array | undefined,
  ) {
    const format = codecRow(settings.codec).pixelFormat;
    this.#settings = settings;
    this.#working = workingFormat(format, motion);
    this.#motion = motion;
    this.timeline = timeline;
    this.#shown = shownVisits(timeline);
    this.#writer = writer;
    const bytes = frameBytes(this.#working, frameSize(this.#working, settings));
    const isPacked = this.#working === 'gbrp' && (format === 'rgb24' || format === 'bgra' || format === 'pal8');
    const packing = isPacked ? FramePacker.bufferSizes(format, settings) : ([0, 0, 0] as const);
    const memory = allocateFrameMemory([settings.width * settings.height * 3, bytes, bytes, bytes, ...packing]);
    const [rgb, previous, current, frame, ...packed] = memory.buffers;
    this.#kernels = memory.kernels;
    [this.#rgb, this.#previous, this.#current, this.#frame] = [rgb, previous, current, frame];
    this.#packer = isPacked ? new FramePacker(format, settings, this.#kernels, packed, palette) : undefined;
  }

  /** Opens the movie file at `path` for the pictures to come. */
  static async open(path: string, settings: MovieSettings, { times, palette }: Foreknowledge = {}) {
    const { sources, codec: name, tags, encoderSettings, sideBySide } = settings;
    const codec = codecRow(name);
    const fps = movieFps(settings);
    const timeline = createTimeline(sources, { ...settings, fps }, times);
    const writer = await MovieWriter.open(path, {
      ...{ codec, fps, tags, sideBySide },
      ...frameSize(codec.pixelFormat, settings),
      encoderOptions: encoderOptionsOf(codec, encoderSettings),
    });
    let motion: MotionInterpolator | undefined;
    try {
      motion = await openMotion(settings, codec.pixelFormat);
      return new FrameComposer(settings, timeline, writer, motion, palette);
    } catch (error) {
      await motion?.[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Frames a second: as wanted, or as many as the codec allows. */
  get fps(): number {
    return movieFps(this.#settings);
  }

  /** How many frames have been written. */
  get frames(): number {
    return this.#writer.frames;
  }

  /** Adds the pictures of all visits; of sources that no frame shows anything, none is asked for. */
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

  /** Adds the picture of the next visit, fitted to the movie's size, and writes the frames that are now complete. */
  async add(picture: Picture): Promise<void> {
    const visit = this.#visits++;
    if (!this.#shown.has(visit)) return;
    if (this.#hasFailed) throw new StepsAnimationError('encoder', 'A picture before this one could not be added.');
    this.#hasFailed = true;
    const { width, height } = this.#settings;
    checkPicture(picture);
    const fitted = await fitPicture(picture, width, height);
    [this.#previous, this.#current] = [this.#current, this.#previous];
    this.#rgb.bytes.set(fitted.data);
    frameFormats[this.#working].convert(this.#kernels, this.#rgb.address, this.#current.address, { width, height });
    await this.#writeFramesUpTo(visit);
    this.#hasFailed = false;
  }

  async #writeFramesUpTo(visit: number): Promise<void> {
    for (;;) {
      const frame = this.#nextFrame;
      if (frame === undefined || frame.to > visit) return;
      const made = frame.weight === 0 ? this.#current : await this.#between(frame.weight);
      await this.#writer.write((this.#packer?.pack(made) ?? made).bytes);
    }
  }

  get #nextFrame(): TimelineFrame | undefined {
    return this.frames < this.timeline.frames ? frameAt(this.timeline, this.frames) : undefined;
  }

  /** The frame that lies between the two pictures. */
  async #between(weight: number): Promise<KernelBuffer> {
    const motion = this.#motion;
    if (!motion) return this.#blend(weight);
    if (this.#estimated !== this.#visits) await motion.setPair(this.#previous.bytes, this.#current.bytes);
    this.#estimated = this.#visits;
    await motion.frame(weight, this.#frame.bytes);
    return this.#frame;
  }

  #blend(weight: number): KernelBuffer {
    const { address, bytes } = this.#frame;
    const length = padToSimd(bytes.length);
    const { blend, blendWords } = this.#kernels;
    const [kernel, fullWeight] = frameFormats[this.#working].depth === 8 ? [blend, 256] : [blendWords, 1024];
    kernel(this.#previous.address, this.#current.address, address, length, Math.round(weight * fullWeight));
    return this.#frame;
  }

  /** Completes the file; all visits must have been added. */
  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** Frees the native resources; the file, if not closed before, is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#motion?.[Symbol.asyncDispose]();
  }
}

/** Motion is found in planes only, and colours are reduced to a palette last. */
function workingFormat(format: PixelFormat, motion: MotionInterpolator | undefined): WorkingFormat {
  if (format === 'pal8') return 'gbrp';
  return motion && !frameFormats[format].planes ? 'gbrp' : format;
}

/** In pictures of fewer pixels a side there is nothing to follow: they are blended. */
const leastSideForMotion = 16;

async function openMotion(settings: MovieSettings, format: PixelFormat): Promise<MotionInterpolator | undefined> {
  const { interpolation, sources, width, height } = settings;
  if (interpolation !== 'mci' || sources < 2 || Math.min(width, height) < leastSideForMotion) return undefined;
  const { planes = { chroma: '444', depth: 8 } as const } = frameFormats[format === 'pal8' ? 'gbrp' : format];
  // Loaded late: movies without it do not pay for it.
  const { MotionInterpolator } = await import('../motion/motion-interpolator.js');
  return await MotionInterpolator.open({ ...frameSize(format, settings), ...planes });
}

function movieFps({ codec, fps }: MovieSettings): number {
  return Math.min(fps, codecRow(codec).mostFps ?? fps);
}
