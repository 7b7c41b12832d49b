import { z } from 'zod';

/** Memory layouts of a frame, by FFmpeg's names: planes or packed pixels one after another, without padding. */
export type PixelFormat = 'yuv420p' | 'yuv420p10le' | 'yuv422p10le' | 'rgb24' | 'bgra' | 'pal8';

type EncoderOptions = Readonly<Record<string, string>>;

/** One row of the codec table: all that the movie writer must know to write such a file. */
export type CodecRow = {
  /** name that people use, also the value of the `codec` option */
  readonly name: string;
  readonly aliases: readonly string[];
  /** FFmpeg's name of the encoder */
  readonly encoder: string;
  /** settings of the original Steps Animation script; where it had none, the encoder's own */
  readonly original: EncoderOptions;
  /** settings chosen by measurement: docs/codecs.md */
  readonly tuned: EncoderOptions;
  /** threads of the encoder for each core, 0 where it decides by itself */
  readonly threadsPerCore: number;
  /** whether the encoder has done with a frame's memory as soon as it has taken the frame */
  readonly copiesFrames: boolean;
  /** FFmpeg's name of the container */
  readonly container: string;
  readonly containerOptions: EncoderOptions;
  /** four characters that name the codec within the file, where FFmpeg's choice does not play everywhere */
  readonly tag?: string;
  /** file name extension without the dot */
  readonly extension: string;
  /** of the frames given to the encoder */
  readonly pixelFormat: PixelFormat;
  /** frames a second at most */
  readonly mostFps?: number;
  /** whether frames can be encoded while steps arrive */
  readonly streams: boolean;
  /** whether movies of the same settings can be put one after another without encoding them again */
  readonly joins: boolean;
};

const mp4 = { container: 'mp4', containerOptions: { movflags: '+faststart' }, extension: 'mp4' } as const;

/** The codec table. */
export const codecs = {
  x264: {
    name: 'x264',
    aliases: ['h264'],
    encoder: 'libx264',
    original: { preset: 'medium', crf: '23' },
    // A cross-fade lies between its sources: predicted from both sides it costs next to nothing. So there are always
    // eight B frames, instead of searching for the best number.
    tuned: {
      preset: 'veryfast',
      crf: '21.5',
      tune: 'ssim',
      trellis: '1',
      ...{ bf: '8', b_strategy: '0', 'rc-lookahead': '20' },
    },
    // Frames in the making at once. Measured on two cores: with FFmpeg's one and a half for each core 1.71 cores
    // are busy, with four for each 1.91. Beyond a few they only cost memory.
    threadsPerCore: 4,
    copiesFrames: true,
    ...mp4,
    pixelFormat: 'yuv420p',
    streams: true,
    joins: true,
  },
  x265: {
    name: 'x265',
    aliases: ['h265', 'hevc'],
    encoder: 'libx265',
    original: { preset: 'faster', crf: '28', 'x265-params': 'log-level=error' },
    tuned: {
      preset: 'faster',
      crf: '28',
      tune: 'ssim',
      'x265-params': 'log-level=error:b-adapt=0:bframes=8:rc-lookahead=20',
    },
    threadsPerCore: 0,
    copiesFrames: true,
    ...mp4,
    tag: 'hvc1',
    pixelFormat: 'yuv420p',
    streams: true,
    joins: true,
  },
  'vpx-vp9': {
    name: 'vpx-vp9',
    aliases: ['vp9'],
    encoder: 'libvpx-vp9',
    original: { crf: '34', deadline: 'realtime', 'cpu-used': '4', 'row-mt': '1' },
    tuned: { crf: '36', deadline: 'realtime', 'cpu-used': '5', 'row-mt': '1' },
    threadsPerCore: 1,
    copiesFrames: true,
    container: 'webm',
    containerOptions: {},
    extension: 'webm',
    pixelFormat: 'yuv420p',
    streams: true,
    joins: true,
  },
  'svt-av1': {
    name: 'svt-av1',
    aliases: ['av1', 'aom-av1'],
    encoder: 'libsvtav1',
    // The original script had libaom; these make a smaller file of the same quality in less time.
    original: { preset: '12', crf: '35' },
    tuned: { preset: '12', crf: '35' },
    threadsPerCore: 0,
    copiesFrames: true,
    ...mp4,
    pixelFormat: 'yuv420p',
    streams: true,
    joins: true,
  },
  prores_ks: {
    name: 'prores_ks',
    aliases: ['prores'],
    encoder: 'prores_ks',
    original: { profile: '3', vendor: 'apl0', bits_per_mb: '8000' },
    tuned: { profile: '3', vendor: 'apl0', bits_per_mb: '8000' },
    threadsPerCore: 1,
    copiesFrames: false,
    container: 'mov',
    containerOptions: { movflags: '+faststart' },
    extension: 'mov',
    pixelFormat: 'yuv422p10le',
    streams: true,
    joins: true,
  },
  gif: {
    name: 'gif',
    aliases: [],
    encoder: 'gif',
    original: {},
    tuned: {},
    threadsPerCore: 1,
    copiesFrames: false,
    container: 'gif',
    containerOptions: { loop: '0' },
    extension: 'gif',
    pixelFormat: 'pal8',
    // Delays are whole hundredths of a second, and viewers slow a delay of one down.
    mostFps: 50,
    // One palette for all frames needs all pictures.
    streams: false,
    joins: false,
  },
  webp: {
    name: 'webp',
    aliases: [],
    encoder: 'libwebp',
    original: {},
    tuned: {},
    threadsPerCore: 1,
    copiesFrames: false,
    container: 'webp',
    containerOptions: { loop: '0' },
    extension: 'webp',
    pixelFormat: 'bgra',
    streams: true,
    joins: false,
  },
  apng: {
    name: 'apng',
    aliases: [],
    encoder: 'apng',
    original: {},
    tuned: { pred: 'up', compression_level: '5' },
    threadsPerCore: 1,
    copiesFrames: false,
    container: 'apng',
    containerOptions: { plays: '0' },
    extension: 'png',
    pixelFormat: 'rgb24',
    streams: true,
    joins: false,
  },
} as const satisfies Record<string, CodecRow>;

export type CodecName = keyof typeof codecs;

/** The row of a codec, with all that a row may have. */
export function codecRow(name: CodecName): CodecRow {
  return codecs[name];
}

const codecNames = Object.keys(codecs) as [CodecName, ...CodecName[]];

const nameByAlias = new Map<string, CodecName>(
  codecNames.flatMap((name) => [[name, name], ...codecs[name].aliases.map((alias) => [alias, name] as const)]),
);

/** Accepts a codec's name or one of its aliases, in any case; yields the name. */
export const codecNameSchema = z.preprocess(
  (value) => (typeof value === 'string' ? (nameByAlias.get(value.toLowerCase()) ?? value) : value),
  z.enum(codecNames),
);
