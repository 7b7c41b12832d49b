import { availableParallelism } from 'node:os';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_FRAME_DATA_REGIONS_OF_INTEREST,
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_BGRA,
  AV_PIX_FMT_PAL8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P10LE,
  AVCHROMA_LOC_LEFT,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_TRC_BT709,
  AVCOL_TRC_IEC61966_2_1,
  AVERROR_OPTION_NOT_FOUND,
  type FFVideoEncoder,
} from 'node-av/constants';
import { Codec, type CodecContext, type Frame, Log, Rational } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { CodecRow, FrameRange } from '../options/codecs.js';
import type { Size } from '../pictures/picture.js';
import type { ContainerFormat, MovieContainer } from './container.js';
import { check } from './ffmpeg.js';
import { isVideo } from './frame-format.js';

export type MovieFormat = ContainerFormat &
  Size & {
    /** what the encoder is opened with, by FFmpeg's names */
    readonly encoderOptions: Readonly<Record<string, string>>;
    /** frames that are coded better than the others, by encoders that are told with each frame; default: none */
    readonly holds?: readonly FrameRange[];
    /** number of movies that are encoded at the same time and share the cores and the memory; default: 1 */
    readonly sideBySide?: number;
  };

/** Encoder threads, however many cores there are: more would only take memory. */
const maxThreads = 16;

/** FFmpeg's constants for the pixel formats. */
export const pixelFormats = {
  yuv420p: AV_PIX_FMT_YUV420P,
  yuv422p10le: AV_PIX_FMT_YUV422P10LE,
  rgb24: AV_PIX_FMT_RGB24,
  bgra: AV_PIX_FMT_BGRA,
  pal8: AV_PIX_FMT_PAL8,
} as const;

// Encoders log errors only.
Log.setLevel(AV_LOG_ERROR);
process.env.SVT_LOG ??= '1'; // SVT-AV1's own log; 1: errors

/**
 * Opens the encoder of a movie.
 * @throws StepsAnimationError `encoder` when it refuses its settings, `usage` when it does not have one
 */
export async function openEncoder(
  encoder: CodecContext,
  container: MovieContainer,
  format: MovieFormat,
): Promise<void> {
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
  tagColours(encoder, codec);
  // 0: the quality setting decides, not a bit rate.
  encoder.bitRate = 0n;
  encoder.threadCount = threadCount(format);
  if (container.hasGlobalHeader) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  for (const [name, value] of Object.entries(format.encoderOptions)) setOption(encoder, codec, name, value);
  check(await encoder.open2(implementation), 'encoder', `open the encoder ${codec.encoder}`);
}

function setOption(encoder: CodecContext, { encoder: name }: CodecRow, option: string, value: string): void {
  const status = encoder.setOption(option, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
  if (status >= 0) return;
  const reason = status === AVERROR_OPTION_NOT_FOUND ? 'has no such setting' : `refuses the value "${value}"`;
  throw new StepsAnimationError('usage', `Encoder settings: ${name} ${reason}: ${option}.`);
}

function threadCount({ codec, sideBySide = 1 }: MovieFormat): number {
  const wanted = Math.min(codec.threadsPerCore * availableParallelism(), maxThreads);
  return codec.threadsPerCore === 0 ? 0 : Math.max(1, Math.floor(wanted / sideBySide));
}

/** Frames whose memory the encoder may still read, and the one that is being prepared. */
export function framesHeld({ codec }: MovieFormat, { threadCount }: CodecContext): number {
  // 0: FFmpeg uses one thread more than there are cores.
  return codec.copiesFrames ? 2 : (threadCount || availableParallelism() + 1) + 3;
}

/** Sizes and places in FFmpeg's `AVRegionOfInterest`: its own size, four edges, and the offset as a fraction. */
const region = { bytes: 28, bottom: 8, right: 16, numerator: 20, denominator: 24 } as const;

/** Tells encoders that have regions of interest how much better a frame is to be coded, at the first and after the last. */
export function markHold(frame: Frame, number: number, { codec, holds = [], width, height }: MovieFormat): void {
  if (codec.betterHolds?.by !== 'regions') return;
  const begins = holds.some(({ first }) => first === number);
  // What a frame says holds for the next ones too.
  if (!begins && !holds.some(({ last }) => last + 1 === number)) return;
  const data = frame.newSideData(AV_FRAME_DATA_REGIONS_OF_INTEREST, region.bytes);
  data.writeUInt32LE(region.bytes, 0);
  data.writeInt32LE(height, region.bottom);
  data.writeInt32LE(width, region.right);
  data.writeInt32LE(begins ? Math.round(-100 * codec.betterHolds.share) : 0, region.numerator);
  data.writeInt32LE(100, region.denominator);
}

/** Video is BT.709 in limited range; image formats are sRGB. */
function tagColours(encoder: CodecContext, { pixelFormat }: CodecRow): void {
  const ofVideo = isVideo(pixelFormat);
  encoder.colorPrimaries = AVCOL_PRI_BT709;
  encoder.colorRange = ofVideo ? AVCOL_RANGE_MPEG : AVCOL_RANGE_JPEG;
  encoder.colorTrc = ofVideo ? AVCOL_TRC_BT709 : AVCOL_TRC_IEC61966_2_1;
  encoder.colorSpace = ofVideo ? AVCOL_SPC_BT709 : AVCOL_SPC_RGB;
  if (ofVideo) encoder.chromaLocation = AVCHROMA_LOC_LEFT;
}
