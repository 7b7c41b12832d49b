import {
  AV_LOG_FATAL,
  AV_NOPTS_VALUE,
  AV_TIME_BASE,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
} from 'node-av/constants';
import {
  avGetCodecName,
  avGetPixFmtName,
  Dictionary,
  FFmpegError,
  FormatContext,
  Log,
  Packet,
  type Stream,
} from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';

// FFmpeg's own words on damaged files are not for users; what goes wrong comes back as an error.
Log.setLevel(AV_LOG_FATAL);

/** What a movie file says of itself, and how many frames it really has. */
export type MovieFacts = {
  /** FFmpeg's names */
  readonly container: string;
  readonly codec: string;
  readonly pixelFormat: string;
  /** whether the colours are tagged as BT.709, limited range */
  readonly bt709: boolean;
  /** in pixels */
  readonly width: number;
  readonly height: number;
  /** counted, not taken from the header */
  readonly frames: number;
  readonly fps: number;
  /** seconds */
  readonly duration: number;
  readonly tags: Readonly<Record<string, string>>;
};

/** Containers that can be opened: FFmpeg takes any text for a movie of a terminal, and anything named `.png` for one. */
const containers = 'mov,matroska,avi,gif,apng,webp_anim,webp_pipe';

/** Opens a movie of a known container. @returns FFmpeg's status */
export async function openContainer(container: FormatContext, path: string): Promise<number> {
  using options = Dictionary.fromObject({ format_whitelist: containers });
  return await container.openInput(path, null, options);
}

/**
 * Opens a movie and counts its frames, without decoding them.
 * @throws StepsAnimationError `input` when it is not a movie or holds no video
 */
export async function probeMovie(path: string): Promise<MovieFacts> {
  const container = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    check(await openContainer(container, path), path);
    check(await container.findStreamInfo(), path);
    const stream = container.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
    if (!stream) throw new StepsAnimationError('input', `There is no video in ${path}.`);
    const frames = await countPackets(container, packet, stream.index, path);
    const facts = { ...describe(stream), duration: durationOf(container, stream, frames) };
    return { container: container.iformat?.name ?? 'unknown', frames, ...facts, tags: tagsOf(container) };
  } finally {
    packet.free();
    await container.closeInput();
  }
}

/** The `comment` tag of a movie, which Matroska names in capitals; undefined if there is none, or no movie. */
export async function readMovieComment(path: string): Promise<string | undefined> {
  const container = new FormatContext();
  try {
    if ((await openContainer(container, path)) < 0) return undefined;
    return Object.entries(tagsOf(container)).find(([name]) => name.toLowerCase() === 'comment')?.[1];
  } finally {
    await container.closeInput();
  }
}

async function countPackets(container: FormatContext, packet: Packet, index: number, path: string): Promise<number> {
  for (let count = 0; ; ) {
    const status = await container.readFrame(packet);
    if (status === AVERROR_EOF) return count;
    check(status, path);
    if (packet.streamIndex === index) count++;
    packet.unref();
  }
}

function describe(stream: Stream): Omit<MovieFacts, 'container' | 'frames' | 'duration' | 'tags'> {
  const { codecpar, avgFrameRate } = stream;
  return {
    codec: avGetCodecName(codecpar.codecId) ?? 'unknown',
    pixelFormat: avGetPixFmtName(codecpar.format as AVPixelFormat) ?? 'unknown',
    bt709:
      codecpar.colorSpace === AVCOL_SPC_BT709 &&
      codecpar.colorPrimaries === AVCOL_PRI_BT709 &&
      codecpar.colorTrc === AVCOL_TRC_BT709 &&
      codecpar.colorRange === AVCOL_RANGE_MPEG,
    width: codecpar.width,
    height: codecpar.height,
    fps: avgFrameRate.num / avgFrameRate.den,
  };
}

/** In seconds. Matroska tells it for the file alone, APNG not at all: there is FFmpeg's mark of an unknown time. */
function durationOf(container: FormatContext, stream: Stream, frames: number): number {
  const { duration, timeBase, avgFrameRate } = stream;
  if (duration !== AV_NOPTS_VALUE) return (Number(duration) * timeBase.num) / timeBase.den;
  if (container.duration !== AV_NOPTS_VALUE) return Number(container.duration) / AV_TIME_BASE;
  return (frames * avgFrameRate.den) / avgFrameRate.num;
}

function tagsOf(container: FormatContext): Record<string, string> {
  return container.metadata?.getAll() ?? {};
}

function check(status: number, path: string): void {
  if (status >= 0) return;
  const reason = new FFmpegError(status).message;
  throw new StepsAnimationError('input', `Cannot read the movie ${path}: ${reason}.`);
}
