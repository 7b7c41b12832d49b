import { codecs } from './codecs.js';
import { allocateFrameMemory, type FrameKernels, type KernelBuffer, padToSimd } from './kernels/frame-memory.js';
import type { MovieSettings } from './movie-settings.js';
import { MovieWriter } from './movie-writer.js';
import type { Picture } from './picture.js';
import { resizePicture } from './picture-files.js';
import { createTimeline, frameAt, type Timeline } from './timeline.js';

/** Weights reach the blending kernel in steps of 1/256, the precision of an 8-bit result. */
const fullWeight = 256;

/**
 * Takes the pictures of a movie in order and writes every frame as soon as no later picture is needed for it.
 * Holds two pictures and one frame, whatever their number.
 */
export class FrameComposer implements AsyncDisposable {
  readonly timeline: Timeline;
  readonly #settings: MovieSettings;
  readonly #writer: MovieWriter;
  readonly #kernels: FrameKernels;
  readonly #rgb: KernelBuffer;
  readonly #frame: KernelBuffer;
  #previous: KernelBuffer;
  #current: KernelBuffer;
  #sources = 0;

  private constructor(settings: MovieSettings, timeline: Timeline, writer: MovieWriter) {
    this.#settings = settings;
    this.timeline = timeline;
    this.#writer = writer;
    const { width, height } = evenSize(settings);
    const planes = (width * height * 3) / 2;
    const memory = allocateFrameMemory([settings.width * settings.height * 3, planes, planes, planes]);
    this.#kernels = memory.kernels;
    [this.#rgb, this.#previous, this.#current, this.#frame] = memory.buffers;
  }

  /** Opens the movie file at `path` for the pictures to come. */
  static async open(path: string, settings: MovieSettings): Promise<FrameComposer> {
    const { sources, duration, fps, interpolation, codec, tags } = settings;
    const format = { codec: codecs[codec], ...evenSize(settings), fps, tags };
    const timeline = createTimeline(sources, duration, fps, interpolation);
    return new FrameComposer(settings, timeline, await MovieWriter.open(path, format));
  }

  /** How many frames have been written. */
  get frames(): number {
    return this.#writer.frames;
  }

  /** Adds the next picture, fitted to the movie's size, and writes the frames that are now complete. */
  async add(picture: Picture): Promise<void> {
    const source = this.#sources++;
    const next = this.#frameAt(this.frames);
    if (next === undefined || next.from > source) return;
    const fitted = await resizePicture(picture, this.#settings.width, this.#settings.height);
    [this.#previous, this.#current] = [this.#current, this.#previous];
    this.#rgb.bytes.set(fitted.data);
    this.#kernels.rgbToYuv420(this.#rgb.address, this.#current.address, fitted.width, fitted.height);
    await this.#writeFramesUpTo(source);
  }

  async #writeFramesUpTo(source: number): Promise<void> {
    for (;;) {
      const frame = this.#frameAt(this.frames);
      if (frame === undefined || frame.to > source) return;
      await this.#writer.write(frame.weight === 0 ? this.#current.bytes : this.#blend(frame.weight));
    }
  }

  #frameAt(index: number): ReturnType<typeof frameAt> | undefined {
    return index < this.timeline.frames ? frameAt(this.timeline, index) : undefined;
  }

  #blend(weight: number): Uint8Array {
    const { address, bytes } = this.#frame;
    const length = padToSimd(bytes.length);
    const ofCurrent = Math.round(weight * fullWeight);
    this.#kernels.blend(this.#previous.address, this.#current.address, address, length, ofCurrent);
    return bytes;
  }

  /** Completes the file; all pictures must have been added. */
  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** Frees the native resources; the file, if not closed before, is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
  }
}

/** Video with 4:2:0 chroma needs even sides. */
function evenSize({ width, height }: MovieSettings): { width: number; height: number } {
  return { width: width + (width % 2), height: height + (height % 2) };
}
