import { AVERROR_EOF } from 'node-av/constants';
import { type CodecParameters, FormatContext, Packet, type Stream } from 'node-av/lib';
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
  const delays: number[] = [];
  for (const part of parts) delays.push(await delayOf(part.path, format.fps));
  const delay = Math.max(...delays);
  await using output = new MovieContainer(path, format);
  let firstFrame = 0;
  let parameters: CodecParameters | undefined;
  for (const [index, part] of parts.entries()) {
    const earlier = delay - (delays[index] ?? delay);
    parameters = await copyPackets(part.path, output, { firstFrame, earlier, fps: format.fps, parameters });
    firstFrame += part.frames;
  }
  await output.close();
}

type Join = {
  /** of the part, in the whole movie */
  readonly firstFrame: number;
  /** frames by which it is decoded earlier than in its file, so that all parts are as far ahead of what is shown */
  readonly earlier: number;
  readonly fps: number;
  /** of the parts before; undefined for the first part */
  readonly parameters: CodecParameters | undefined;
};

async function copyPackets(path: string, output: MovieContainer, join: Join): Promise<CodecParameters> {
  return await withPart(path, async (input, source, packet) => {
    const parameters = join.parameters ?? (await output.begin((target) => copyParameters(source.codecpar, target)));
    if (!sameBytes(parameters.extradata, source.codecpar.extradata)) {
      throw new StepsAnimationError('encoder', 'The parts of the movie were encoded differently.');
    }
    while (await readPacket(input, packet)) {
      packet.rescaleTs(source.timeBase, { num: 1, den: join.fps });
      packet.pts += BigInt(join.firstFrame);
      packet.dts += BigInt(join.firstFrame - join.earlier);
      packet.duration = 1n;
      await output.write(packet);
    }
    return parameters;
  });
}

/** By how many frames decoding is ahead of what is shown: encoders have a shorter delay in movies of a few frames. */
async function delayOf(path: string, fps: number): Promise<number> {
  return await withPart(path, async (input, { timeBase }, packet) => {
    if (!(await readPacket(input, packet))) return 0;
    packet.rescaleTs(timeBase, { num: 1, den: fps });
    return Number(packet.pts - packet.dts);
  });
}

async function withPart<T>(
  path: string,
  read: (input: FormatContext, source: Stream, packet: Packet) => Promise<T>,
): Promise<T> {
  const input = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    check(await input.openInput(path), 'encoder', 'read a part of the movie');
    const [source] = input.streams;
    if (!source) throw new StepsAnimationError('encoder', 'A part of the movie is empty.');
    return await read(input, source, packet);
  } finally {
    packet.free();
    await input.closeInput();
  }
}

/** @returns whether there was one more */
async function readPacket(input: FormatContext, packet: Packet): Promise<boolean> {
  const status = await input.readFrame(packet);
  if (status === AVERROR_EOF) return false;
  check(status, 'encoder', 'read a part of the movie');
  return true;
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
