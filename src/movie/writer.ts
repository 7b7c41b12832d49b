import { AVERROR_EAGAIN, AVERROR_EOF, AVIO_FLAG_WRITE } from 'node-av/constants';
import { CodecContext, Dictionary, FormatContext, Frame, IOContext, Packet, Rational } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import { framesHeld, type MovieFormat, openEncoder, pixelFormats } from './encoder.js';
import { check } from './ffmpeg-status.js';

/** Only node-av's promise-returning calls are used: its synchronous ones are not safe. */
export class MovieWriter implements AsyncDisposable {
  readonly #format: MovieFormat;
  readonly #encoder: CodecContext;
  readonly #container: FormatContext;
  readonly #file: IOContext;
  /** node-av's frames do not copy their bytes: these take turns. */
  readonly #buffers: Buffer[] = [];
  #encoding: Promise<void> = Promise.resolve();
  #muxing: Promise<void> = Promise.resolve();
  #frames = 0;
  #released = false;

  private constructor(format: MovieFormat, encoder: CodecContext, container: FormatContext, file: IOContext) {
    this.#format = format;
    this.#encoder = encoder;
    this.#container = container;
    this.#file = file;
  }

  /** How many frames have been written. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Opens the encoder and the file, and writes the header.
   * @throws StepsAnimationError `encoder` when the encoder refuses its settings, `output` when the file cannot be made
   */
  static async open(path: string, format: MovieFormat): Promise<MovieWriter> {
    const container = new FormatContext();
    const file = new IOContext();
    const encoder = new CodecContext();
    try {
      check(container.allocOutputContext2(null, format.codec.container, path), 'encoder', 'prepare the container');
      await openEncoder(encoder, container, format);
      check(await file.open2(path, AVIO_FLAG_WRITE), 'output', `create ${path}`);
      container.pb = file;
      const writer = new MovieWriter(format, encoder, container, file);
      await writer.#writeHeader();
      return writer;
    } catch (error) {
      await release(encoder, container, file);
      throw error;
    }
  }

  async #writeHeader(): Promise<void> {
    const { fps, tags, codec } = this.#format;
    const stream = this.#container.newStream();
    stream.timeBase = new Rational(1, fps);
    stream.avgFrameRate = new Rational(fps, 1);
    check(stream.codecpar.fromContext(this.#encoder), 'encoder', 'describe the stream');
    if (codec.tag !== undefined) stream.codecpar.codecTag = codec.tag;
    this.#container.metadata = Dictionary.fromObject({ ...tags });
    using options = Dictionary.fromObject({ ...codec.containerOptions });
    check(await this.#container.writeHeader(options), 'output', "write the movie's header");
  }

  /**
   * Takes one frame: its planes one after another, without padding between rows. They are copied, and encoded
   * while the caller prepares the next ones; a failure is thrown by a later call.
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

  /** A frame of bytes that stay as they are for as long as the encoder may look at them. */
  #copy(planes: Uint8Array): Frame {
    const { width, height, fps, codec } = this.#format;
    const place = this.#frames % framesHeld(this.#format, this.#encoder);
    const buffer = this.#buffers[place] ?? Buffer.alloc(planes.length);
    this.#buffers[place] = buffer;
    buffer.set(planes);
    const frame = Frame.fromVideoBuffer(buffer, {
      width,
      height,
      format: pixelFormats[codec.pixelFormat],
      pts: BigInt(this.#frames++),
      timeBase: { num: 1, den: fps },
    });
    frame.duration = 1n;
    return frame;
  }

  async #encode(frame: Frame): Promise<void> {
    try {
      // An encoder that is full says so; then its packets make room.
      let status = await this.#encoder.sendFrame(frame);
      while (status === AVERROR_EAGAIN && (await this.#receive())) status = await this.#encoder.sendFrame(frame);
      check(status, 'encoder', 'encode a frame');
    } finally {
      frame.free();
    }
    // A frame in, a packet out: asking for more each time would only cost time.
    await this.#receive();
  }

  /** Takes one packet from the encoder, if there is one, and lets it be written in turn. */
  async #receive(): Promise<boolean> {
    const packet = new Packet();
    packet.alloc();
    const status = await this.#encoder.receivePacket(packet);
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
      const [stream] = this.#container.streams;
      if (!stream) throw new StepsAnimationError('encoder', 'The movie has lost its stream; please report this.');
      if (packet.duration === 0n) packet.duration = 1n;
      packet.streamIndex = 0;
      packet.rescaleTs({ num: 1, den: this.#format.fps }, stream.timeBase);
      check(await this.#container.interleavedWriteFrame(packet), 'output', 'write to the movie');
    } finally {
      packet.free();
    }
  }

  /** Encodes what the encoder still holds and completes the file. No more frames can be written after it. */
  async close(): Promise<void> {
    await this.#encoding;
    check(await this.#encoder.sendFrame(null), 'encoder', 'finish encoding');
    while (await this.#receive());
    await this.#muxing;
    check(await this.#container.writeTrailer(), 'output', 'complete the movie');
    this.#container.pb = null;
    check(await this.#file.closep(), 'output', 'close the movie');
    await this[Symbol.asyncDispose]();
  }

  /** Frees the native resources; the file, if not closed before, is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    // In this order: the last frame to be encoded begins to write its packet.
    await this.#encoding.catch(() => {});
    await this.#muxing.catch(() => {});
    await release(this.#encoder, this.#container, this.#file);
  }
}

async function release(encoder: CodecContext, container: FormatContext, file: IOContext): Promise<void> {
  encoder.freeContext();
  if (container.pb) {
    container.pb = null;
    await file.closep();
  }
  container.freeContext();
}
