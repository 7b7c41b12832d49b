import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_ERROR,
  AV_PIX_FMT_YUV420P,
  AVCHROMA_LOC_LEFT,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVFMT_GLOBALHEADER,
  AVIO_FLAG_WRITE,
  type FFVideoEncoder,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  IOContext,
  Log,
  Packet,
  Rational,
} from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { CodecRow } from './codecs.js';

export type MovieFormat = {
  readonly codec: CodecRow;
  /** in pixels, even */
  readonly width: number;
  readonly height: number;
  /** frames a second, a whole number */
  readonly fps: number;
  /** container metadata by FFmpeg's names: title, artist, comment … */
  readonly tags: Readonly<Record<string, string>>;
};

const pixelFormats = { yuv420p: AV_PIX_FMT_YUV420P } as const;

// The encoder's chatter is not for users; what goes wrong comes back as an error.
Log.setLevel(AV_LOG_ERROR);

/** Only node-av's promise-returning calls are used: its synchronous ones are not safe. */
export class MovieWriter implements AsyncDisposable {
  readonly #format: MovieFormat;
  readonly #encoder: CodecContext;
  readonly #container: FormatContext;
  readonly #file: IOContext;
  readonly #packet = new Packet();
  #frames = 0;
  #released = false;

  private constructor(format: MovieFormat, encoder: CodecContext, container: FormatContext, file: IOContext) {
    this.#format = format;
    this.#encoder = encoder;
    this.#container = container;
    this.#file = file;
    this.#packet.alloc();
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
    this.#container.metadata = Dictionary.fromObject({ ...tags });
    using options = Dictionary.fromObject({ ...codec.containerOptions });
    check(await this.#container.writeHeader(options), 'output', "write the movie's header");
  }

  /** Encodes one frame: its planes one after another, without padding between rows. */
  async write(planes: Uint8Array): Promise<void> {
    const { width, height, fps, codec } = this.#format;
    const frame = Frame.fromVideoBuffer(asNodeBuffer(planes), {
      width,
      height,
      format: pixelFormats[codec.pixelFormat],
      pts: BigInt(this.#frames),
      timeBase: { num: 1, den: fps },
    });
    try {
      frame.duration = 1n;
      check(await this.#encoder.sendFrame(frame), 'encoder', 'encode a frame');
    } finally {
      frame.free();
    }
    this.#frames++;
    await this.#drain();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const status = await this.#encoder.receivePacket(this.#packet);
      if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return;
      check(status, 'encoder', 'encode a frame');
      const stream = this.#container.streams[0];
      if (!stream) throw new StepsAnimationError('encoder', 'The movie has lost its stream; please report this.');
      if (this.#packet.duration === 0n) this.#packet.duration = 1n;
      this.#packet.streamIndex = 0;
      this.#packet.rescaleTs({ num: 1, den: this.#format.fps }, stream.timeBase);
      check(await this.#container.interleavedWriteFrame(this.#packet), 'output', 'write to the movie');
    }
  }

  /** Encodes what the encoder still holds and completes the file. No more frames can be written after it. */
  async close(): Promise<void> {
    check(await this.#encoder.sendFrame(null), 'encoder', 'finish encoding');
    await this.#drain();
    check(await this.#container.writeTrailer(), 'output', 'complete the movie');
    this.#container.pb = null;
    check(await this.#file.closep(), 'output', 'close the movie');
    await this[Symbol.asyncDispose]();
  }

  /** Frees the native resources; the file, if not closed before, is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#packet.free();
    await release(this.#encoder, this.#container, this.#file);
  }
}

async function openEncoder(encoder: CodecContext, container: FormatContext, format: MovieFormat): Promise<void> {
  const { codec, width, height, fps } = format;
  const implementation = Codec.findEncoderByName(codec.encoder as FFVideoEncoder);
  if (!implementation) {
    throw new StepsAnimationError('encoder', `The encoder ${codec.encoder} is not in this build of node-av.`);
  }
  encoder.allocContext3(implementation);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = pixelFormats[codec.pixelFormat];
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.sampleAspectRatio = new Rational(1, 1);
  encoder.colorRange = AVCOL_RANGE_MPEG;
  encoder.colorPrimaries = AVCOL_PRI_BT709;
  encoder.colorTrc = AVCOL_TRC_BT709;
  encoder.colorSpace = AVCOL_SPC_BT709;
  encoder.chromaLocation = AVCHROMA_LOC_LEFT;
  // Zero: the quality setting alone decides, not a bit rate.
  encoder.bitRate = 0n;
  encoder.threadCount = 0;
  if (container.oformat?.hasFlags(AVFMT_GLOBALHEADER)) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  using options = Dictionary.fromObject({ ...codec.encoderOptions });
  check(await encoder.open2(implementation, options), 'encoder', `open the encoder ${codec.encoder}`);
}

async function release(encoder: CodecContext, container: FormatContext, file: IOContext): Promise<void> {
  encoder.freeContext();
  if (container.pb) {
    container.pb = null;
    await file.closep();
  }
  container.freeContext();
}

function check(status: number, code: 'encoder' | 'output', action: string): void {
  if (status >= 0) return;
  const reason = new FFmpegError(status).message;
  throw new StepsAnimationError(code, `Could not ${action}: ${reason}.`);
}

function asNodeBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
