import { AVERROR_EOF } from 'node-av/constants';
import { type CodecParameters, FormatContext, Packet } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import { type ContainerFormat, MovieContainer } from './container.js';
import { check } from './ffmpeg.js';

/** A part of a movie: a file with the same settings as the others, and its number of frames. */
type MoviePart = { readonly path: string; readonly frames: number };

/**
 * Joins movies into one file without encoding them again.
 * @throws StepsAnimationError `encoder` when the parts do not fit together
 */
export async function joinMovies(parts: readonly MoviePart[], path: string, format: ContainerFormat): Promise<void> {
  await using output = new MovieContainer(path, format);
  let firstFrame = 0;
  let parameters: CodecParameters | undefined;
  for (const part of parts) {
    parameters = await copyPackets(part.path, output, { firstFrame, fps: format.fps, parameters });
    firstFrame += part.frames;
  }
  await output.close();
}

type Join = {
  /** of the part, in the whole movie */
  readonly firstFrame: number;
  readonly fps: number;
  /** of the parts before; undefined for the first part */
  readonly parameters: CodecParameters | undefined;
};

async function copyPackets(path: string, output: MovieContainer, join: Join): Promise<CodecParameters> {
  const input = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    check(await input.openInput(path), 'encoder', 'read a part of the movie');
    const [source] = input.streams;
    if (!source) throw new StepsAnimationError('encoder', 'A part of the movie is empty.');
    const parameters = join.parameters ?? (await output.begin((target) => copyParameters(source.codecpar, target)));
    if (!sameBytes(parameters.extradata, source.codecpar.extradata)) {
      throw new StepsAnimationError('encoder', 'The parts of the movie were encoded differently.');
    }
    for (;;) {
      const status = await input.readFrame(packet);
      if (status === AVERROR_EOF) return parameters;
      check(status, 'encoder', 'read a part of the movie');
      packet.rescaleTs(source.timeBase, { num: 1, den: join.fps });
      packet.pts += BigInt(join.firstFrame);
      packet.dts += BigInt(join.firstFrame);
      packet.duration = 1n;
      await output.write(packet);
    }
  } finally {
    packet.free();
    await input.closeInput();
  }
}

function copyParameters(from: CodecParameters, to: CodecParameters): number {
  const status = from.copy(to);
  // The four-character code of one container may not fit another one.
  to.codecTag = 0;
  return status;
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b));
}
