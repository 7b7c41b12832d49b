import {
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetCodecName, avGetPixFmtName, FFmpegError, FormatContext, Packet, type Stream } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';

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

/**
 * Opens a movie and counts its frames, without decoding them.
 * @throws StepsAnimationError `input` when it is not a movie or holds no video
 */
export async function probeMovie(path: string): Promise<MovieFacts> {
  const container = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    check(await container.openInput(path), path);
    check(await container.findStreamInfo(), path);
    const stream = container.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
    if (!stream) throw new StepsAnimationError('input', `There is no video in ${path}.`);
    const frames = await countPackets(container, packet, stream.index, path);
    return { container: container.iformat?.name ?? 'unknown', frames, ...describe(stream), tags: tagsOf(container) };
  } finally {
    packet.free();
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

function describe(stream: Stream): Omit<MovieFacts, 'container' | 'frames' | 'tags'> {
  const { codecpar, avgFrameRate, timeBase } = stream;
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
    duration: (Number(stream.duration) * timeBase.num) / timeBase.den,
  };
}

function tagsOf(container: FormatContext): Record<string, string> {
  return container.metadata?.getAll() ?? {};
}

function check(status: number, path: string): void {
  if (status >= 0) return;
  const reason = new FFmpegError(status).message;
  throw new StepsAnimationError('input', `Cannot read the movie ${path}: ${reason}.`);
}
