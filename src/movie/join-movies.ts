import { AVERROR_EOF, AVIO_FLAG_WRITE } from 'node-av/constants';
import { Dictionary, FormatContext, IOContext, Packet, Rational } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { CodecRow } from '../options/codecs.js';
import { check } from './ffmpeg-status.js';

type JoinSettings = {
  readonly codec: CodecRow;
  readonly fps: number;
  readonly tags: Readonly<Record<string, string>>;
};

/** A part of the movie to be: a file made with the same settings as the others, and its number of frames. */
export type MoviePart = { readonly path: string; readonly frames: number };

/**
 * Writes movies one after another into one file, without encoding anything again.
 * @throws StepsAnimationError `encoder` when the parts do not fit together
 */
export async function joinMovies(parts: readonly MoviePart[], path: string, settings: JoinSettings): Promise<void> {
  const output = new FormatContext();
  const file = new IOContext();
  try {
    check(output.allocOutputContext2(null, settings.codec.container, path), 'encoder', 'prepare the container');
    check(await file.open2(path, AVIO_FLAG_WRITE), 'output', `create ${path}`);
    output.pb = file;
    let firstFrame = 0;
    for (const part of parts) {
      await copyPackets(part, firstFrame, output, settings);
      firstFrame += part.frames;
    }
    check(await output.writeTrailer(), 'output', 'complete the movie');
    output.pb = null;
    check(await file.closep(), 'output', 'close the movie');
  } finally {
    if (output.pb) {
      output.pb = null;
      await file.closep();
    }
    output.freeContext();
  }
}

async function copyPackets(part: MoviePart, firstFrame: number, output: FormatContext, settings: JoinSettings) {
  const input = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    check(await input.openInput(part.path), 'encoder', 'read a part of the movie');
    const [source] = input.streams;
    if (!source) throw new StepsAnimationError('encoder', 'A part of the movie is empty.');
    if (firstFrame === 0) await writeHeader(output, source.codecpar, settings);
    const [target] = output.streams;
    if (!target || !sameBytes(target.codecpar.extradata, source.codecpar.extradata)) {
      throw new StepsAnimationError('encoder', 'The parts of the movie were encoded differently.');
    }
    for (;;) {
      const status = await input.readFrame(packet);
      if (status === AVERROR_EOF) return;
      check(status, 'encoder', 'read a part of the movie');
      packet.rescaleTs(source.timeBase, { num: 1, den: settings.fps });
      packet.pts += BigInt(firstFrame);
      packet.dts += BigInt(firstFrame);
      packet.duration = 1n;
      packet.streamIndex = 0;
      packet.rescaleTs({ num: 1, den: settings.fps }, target.timeBase);
      check(await output.interleavedWriteFrame(packet), 'output', 'write to the movie');
    }
  } finally {
    packet.free();
    await input.closeInput();
  }
}

async function writeHeader(
  output: FormatContext,
  parameters: FormatContext['streams'][number]['codecpar'],
  settings: JoinSettings,
) {
  const { codec, fps, tags } = settings;
  const stream = output.newStream();
  stream.timeBase = new Rational(1, fps);
  stream.avgFrameRate = new Rational(fps, 1);
  check(parameters.copy(stream.codecpar), 'encoder', 'describe the stream');
  stream.codecpar.codecTag = codec.tag ?? 0;
  output.metadata = Dictionary.fromObject({ ...tags });
  using options = Dictionary.fromObject({ ...codec.containerOptions });
  check(await output.writeHeader(options), 'output', "write the movie's header");
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b));
}
