import {
  AV_LOG_FATAL,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_TIME_BASE,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetCodecName, avGetPixFmtName, Dictionary, FormatContext, Log, Packet, type Stream } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import { checkRead } from './ffmpeg.js';

/** The properties of a movie file. */
export type MovieInfo = {
  /** FFmpeg's name of the demuxer */
  readonly container: string;
  /** FFmpeg's name of the decoder, such as `h264` */
  readonly codec: string;
  /** FFmpeg's name, such as `yuv420p` */
  readonly pixelFormat: string;
  /** whether the colours are tagged as BT.709, limited range */
  readonly bt709: boolean;
  /** in pixels, as stored */
  readonly width: number;
  readonly height: number;
  /** in pixels, as players show it: turned by right angles and stretched as the file says */
  readonly shown: { readonly width: number; readonly height: number };
  /** counted, not read from the header */
  readonly frames: number;
  /** frames per second */
  readonly fps: number;
  /** in seconds */
  readonly duration: number;
  /** metadata by the names in the file, whose case depends on the container */
  readonly tags: Readonly<Record<string, string>>;
};

/**
 * FFmpeg's demuxers that may be used. Without a limit it takes any text for a movie of a terminal, and anything named
 * `.png` for a movie.
 */
const demuxers = 'mov,matroska,avi,gif,apng,png_pipe,bmp_pipe,webp_anim,webp_pipe,mpegts,mpeg,mpegvideo,asf,flv,ogg';

/** Opens a movie of a known container. @returns FFmpeg's status */
async function openContainer(container: FormatContext, path: string): Promise<number> {
  using options = Dictionary.fromObject({ format_whitelist: demuxers });
  const level = Log.getLevel();
  // FFmpeg logs nothing about damaged files: failures are thrown.
  Log.setLevel(AV_LOG_FATAL);
  try {
    return await container.openInput(path, null, options);
  } finally {
    Log.setLevel(level);
  }
}

/**
 * Opens a movie and finds its video.
 * @throws StepsAnimationError `input` when it is not a movie or has no video
 */
export async function openVideo(container: FormatContext, path: string): Promise<Stream> {
  checkRead(await openContainer(container, path), path);
  checkRead(await container.findStreamInfo(), path);
  const stream = container.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
  if (!stream) throw new StepsAnimationError('input', `There is no video in ${path}.`);
  return stream;
}

/**
 * Reads the properties of a movie and counts its frames, without decoding them.
 * @param path of a movie or an animated image
 * @throws StepsAnimationError `input` when it is not a movie or has no video
 */
export async function probeMovie(path: string): Promise<MovieInfo> {
  const container = new FormatContext();
  const packet = new Packet();
  packet.alloc();
  try {
    const stream = await openVideo(container, path);
    const { frames, end } = await readPackets(container, packet, stream, path);
    return {
      container: container.iformat?.name ?? 'unknown',
      frames,
      ...describe(stream),
      duration: durationOf(container, stream, end),
      tags: tagsOf(container),
    };
  } finally {
    packet.free();
    await container.closeInput();
  }
}

/** Whether FFmpeg finds a video in a file, or an image of a format that sharp does not read. */
export async function hasVideo(path: string): Promise<boolean> {
  const container = new FormatContext();
  try {
    await openVideo(container, path);
    return true;
  } catch (error) {
    if (error instanceof StepsAnimationError) return false;
    throw error;
  } finally {
    await container.closeInput();
  }
}

/** Reads the `comment` tag of a movie; undefined if there is none, or no movie. */
export async function readMovieComment(path: string): Promise<string | undefined> {
  const container = new FormatContext();
  try {
    if ((await openContainer(container, path)) < 0) return undefined;
    return tagOf(tagsOf(container), 'comment');
  } finally {
    await container.closeInput();
  }
}

/** The tag of a name in lower case: in Matroska the names are in capitals. */
export function tagOf(tags: MovieInfo['tags'], wanted: string): string | undefined {
  return Object.entries(tags).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Counts the frames. @returns their number, and the time in seconds at which the last one ends; 0 if that is unknown */
async function readPackets(container: FormatContext, packet: Packet, { index, timeBase }: Stream, path: string) {
  let frames = 0;
  let [start, end] = [Number.POSITIVE_INFINITY, 0];
  for (;;) {
    const status = await container.readFrame(packet);
    if (status === AVERROR_EOF) break;
    checkRead(status, path);
    if (packet.streamIndex === index) {
      frames++;
      if (packet.pts !== AV_NOPTS_VALUE) {
        start = Math.min(start, Number(packet.pts));
        end = Math.max(end, Number(packet.pts + packet.duration));
      }
    }
    packet.unref();
  }
  return { frames, end: frames === 0 ? 0 : (Math.max(end - start, 0) * timeBase.num) / timeBase.den };
}

function describe(stream: Stream): Omit<MovieInfo, 'container' | 'frames' | 'duration' | 'tags'> {
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
    shown: shownSize(stream),
    fps: avgFrameRate.num / avgFrameRate.den,
  };
}

function shownSize({ codecpar, sampleAspectRatio }: Stream): MovieInfo['shown'] {
  const { width: stored, height } = codecpar;
  const { num, den } = sampleAspectRatio.num > 0 ? sampleAspectRatio : codecpar.sampleAspectRatio;
  const width = num > 0 && den > 0 ? Math.max(1, Math.round((stored * num) / den)) : stored;
  const matrix = codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  // The first and the fifth of its numbers are 0 where it turns by a quarter.
  const isTurned = matrix && matrix.length >= 9 * 4 && matrix.readInt32LE(0) === 0 && matrix.readInt32LE(4 * 4) === 0;
  return isTurned ? { width: height, height: width } : { width, height };
}

/**
 * In seconds. Matroska has it for the file only, and APNG not at all.
 * @param end when the last frame ends
 */
function durationOf(container: FormatContext, { duration, timeBase }: Stream, end: number): number {
  if (duration !== AV_NOPTS_VALUE) return (Number(duration) * timeBase.num) / timeBase.den;
  if (container.duration !== AV_NOPTS_VALUE) return Number(container.duration) / AV_TIME_BASE;
  return end;
}

function tagsOf(container: FormatContext): Record<string, string> {
  return container.metadata?.getAll() ?? {};
}
