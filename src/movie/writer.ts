import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { CodecContext, Frame, Packet } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import { MovieContainer } from './container.js';
import { framesHeld, type MovieFormat, markHold, openEncoder, pixelFormats } from './encoder.js';
import { check } from './ffmpeg.js';

/** Time in which an encoder has to answer a call: SVT-AV1 has hung for ever on very small pictures. */
const encoderTimeoutMs = 5 * 60_000;

/** Frames by which an encoder may decode ahead of what is shown: the largest picture buffer of H.264 and HEVC. */
const maxReorderedFrames = 16n;

/**
 * Encodes frames into a file. The frame that is being encoded, the packet that is being written and the frame that the
 * caller prepares overlap. Only node-av's promise-returning calls are used: its synchronous ones are not safe.
 */
export class MovieWriter implements AsyncDisposable {
  readonly #format: MovieFormat;
  readonly #encoder: CodecContext;
  readonly #container: MovieContainer;
  /** node-av's frames do not copy their bytes: these are used in rotation. */
  readonly #buffers: Buffer[] = [];
  #encoding: Promise<void> = Promise.resolve();
  #muxing: Promise<void> = Promise.resolve();
  #frames = 0;
  #released = false;
  /** whether the encoder has not answered in time: it may still use its memory, which is therefore never freed */
  #hangs = false;

  private constructor(format: MovieFormat, encoder: CodecContext, container: MovieContainer) {
    this.#format = format;
    this.#encoder = encoder;
    this.#container = container;
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Opens the encoder and the file, and writes the header.
   * @throws StepsAnimationError `encoder` or `usage` when the encoder refuses its settings, `output` when the file cannot
   * be created
   */
  static async open(path: string, format: MovieFormat): Promise<MovieWriter> {
    const container = new MovieContainer(path, format);
    const encoder = new CodecContext();
    try {
      await openEncoder(encoder, container, format);
      await container.begin((parameters) => parameters.fromContext(encoder));
      return new MovieWriter(format, encoder, container);
    } catch (error) {
      encoder.freeContext();
      await container[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Adds a frame, which is copied, and encodes it while the caller prepares the next one; a failure is thrown by a later
   * call.
   * @param planes one after another, without padding between rows
   */
  async write(planes: Uint8Array): Promise<void> {
    const frame = this.#copy(planes);
    try {
      await this.#encoding;
    } catch (error) {
      frame.free();
      throw error;
    }
    this.#encoding = this.#encode(frame);
    this.#encoding.catch(() => {});
  }

  /** Copies a frame into memory that is left unchanged for as long as the encoder may read it. */
  #copy(planes: Uint8Array): Frame {
    const { width, height, fps, codec } = this.#format;
    const number = this.#frames++;
    const place = number % framesHeld(this.#format, this.#encoder);
    const buffer = this.#buffers[place] ?? Buffer.alloc(planes.length);
    this.#buffers[place] = buffer;
    buffer.set(planes);
    const frame = Frame.fromVideoBuffer(buffer, {
      width,
      height,
      format: pixelFormats[codec.pixelFormat],
      pts: BigInt(number),
      timeBase: { num: 1, den: fps },
    });
    frame.duration = 1n;
    markHold(frame, number, this.#format);
    return frame;
  }

  async #encode(frame: Frame): Promise<void> {
    try {
      // A full encoder returns EAGAIN until packets have been taken from it.
      let status = await this.#answer(this.#encoder.sendFrame(frame));
      while (status === AVERROR_EAGAIN && (await this.#receive())) {
        status = await this.#answer(this.#encoder.sendFrame(frame));
      }
      check(status, 'encoder', 'encode a frame');
    } finally {
      if (!this.#hangs) frame.free();
    }
    // One packet per frame: to ask for more each time would only take time.
    await this.#receive();
  }

  /** Waits for a call of the encoder, within the time limit. */
  async #answer(call: Promise<number>): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#hangs = true;
        const { encoder } = this.#format.codec;
        const message = `The encoder ${encoder} has not answered for ${encoderTimeoutMs / 60_000} minutes`;
        reject(new StepsAnimationError('encoder', `${message}: choose another codec, or another size.`));
      }, encoderTimeoutMs);
    });
    try {
      return await Promise.race([call, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes a packet from the encoder, if it has one, and queues it to be written. */
  async #receive(): Promise<boolean> {
    const packet = new Packet();
    packet.alloc();
    const status = await this.#answer(this.#encoder.receivePacket(packet));
    if (status < 0) packet.free();
    if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return false;
    check(status, 'encoder', 'encode a frame');
    const before = this.#muxing;
    this.#muxing = this.#mux(packet, before);
    this.#muxing.catch(() => {});
    await before;
    return true;
  }

  async #mux(packet: Packet, before: Promise<void>): Promise<void> {
    try {
      await before;
      if (packet.duration === 0n) packet.duration = 1n;
      // x265 leaves the decoding time of a movie of one or two frames unset (what was in memory); those are in order.
      if (packet.dts > packet.pts || packet.dts < -maxReorderedFrames) packet.dts = packet.pts;
      await this.#container.write(packet);
    } finally {
      packet.free();
    }
  }

  /** Encodes the frames that the encoder still holds, and completes the file. */
  async close(): Promise<void> {
    await this.#encoding;
    check(await this.#answer(this.#encoder.sendFrame(null)), 'encoder', 'finish encoding');
    while (await this.#receive());
    await this.#muxing;
    await this.#container.close();
    await this[Symbol.asyncDispose]();
  }

  /** Frees the native resources; a file that was not closed is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    // In this order: a frame that has been encoded starts writing its packet.
    await this.#encoding.catch(() => {});
    await this.#muxing.catch(() => {});
    if (!this.#hangs) this.#encoder.freeContext();
    await this.#container[Symbol.asyncDispose]();
  }
}
