import { AVFMT_GLOBALHEADER, AVIO_FLAG_WRITE } from 'node-av/constants';
import {
  type CodecParameters,
  Dictionary,
  FormatContext,
  IOContext,
  type Packet,
  Rational,
  type Stream,
} from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { CodecRow } from '../options/codecs.js';
import { check } from './ffmpeg.js';

export type ContainerFormat = {
  readonly codec: CodecRow;
  /** frames per second, a whole number */
  readonly fps: number;
  /** metadata by FFmpeg's names: title, artist, comment … */
  readonly tags: Readonly<Record<string, string>>;
};

/** A movie file that is being written: one video stream, whose packets are already encoded. */
export class MovieContainer implements AsyncDisposable {
  readonly #path: string;
  readonly #format: ContainerFormat;
  readonly #context = new FormatContext();
  readonly #file = new IOContext();
  #stream: Stream | undefined;

  /** Prepares the container; the file is created by `begin`. */
  constructor(path: string, format: ContainerFormat) {
    this.#path = path;
    this.#format = format;
    check(this.#context.allocOutputContext2(null, format.codec.container, path), 'encoder', 'prepare the container');
  }

  /** Whether the encoder must put its parameters into the header instead of the first packets. */
  get hasGlobalHeader(): boolean {
    return this.#context.oformat?.hasFlags(AVFMT_GLOBALHEADER) ?? false;
  }

  /**
   * Creates the file and writes the header.
   * @param describe fills in the parameters of the stream and returns FFmpeg's status
   * @throws StepsAnimationError `output` when the file cannot be created
   */
  async begin(describe: (parameters: CodecParameters) => number): Promise<CodecParameters> {
    const { codec, fps, tags } = this.#format;
    check(await this.#file.open2(this.#path, AVIO_FLAG_WRITE), 'output', `create ${this.#path}`);
    this.#context.pb = this.#file;
    const stream = this.#context.newStream();
    stream.timeBase = new Rational(1, fps);
    stream.avgFrameRate = new Rational(fps, 1);
    check(describe(stream.codecpar), 'encoder', 'describe the stream');
    if (codec.tag !== undefined) stream.codecpar.codecTag = codec.tag;
    this.#context.metadata = Dictionary.fromObject({ ...tags });
    using options = Dictionary.fromObject({ ...codec.containerOptions });
    check(await this.#context.writeHeader(options), 'output', "write the movie's header");
    this.#stream = stream;
    return stream.codecpar;
  }

  /** Writes a packet whose times are in frames. */
  async write(packet: Packet): Promise<void> {
    if (!this.#stream) throw new StepsAnimationError('encoder', 'The movie has no header yet; please report this.');
    packet.streamIndex = 0;
    packet.rescaleTs({ num: 1, den: this.#format.fps }, this.#stream.timeBase);
    check(await this.#context.interleavedWriteFrame(packet), 'output', 'write to the movie');
  }

  /** Completes the file. */
  async close(): Promise<void> {
    check(await this.#context.writeTrailer(), 'output', 'complete the movie');
    this.#context.pb = null;
    check(await this.#file.closep(), 'output', 'close the movie');
  }

  /** Frees the native resources, once; a file that was not closed is left unfinished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#context.pb) {
      this.#context.pb = null;
      await this.#file.closep();
    }
    this.#context.freeContext();
  }
}
