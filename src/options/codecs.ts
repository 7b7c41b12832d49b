import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';

/** Layouts of a frame by FFmpeg's names: planes or packed pixels one after another, without padding. */
export type PixelFormat = 'yuv420p' | 'yuv422p10le' | 'rgb24' | 'bgra' | 'pal8';

type FfmpegOptions = Readonly<Record<string, string>>;

/** How an encoder is told to code some frames better than others. */
type BetterFrames =
  /** by zones in one of its options, whose frames get this many times the bits */
  | { readonly by: 'zones'; readonly option: string; readonly bits: number }
  /** by regions of interest of these frames, whose quantiser is lower by this share of its range */
  | { readonly by: 'regions'; readonly share: number };

/** The first and the last of some frames, from 0. */
export type FrameRange = { readonly first: number; readonly last: number };

/** A codec: all that is needed to write its files. */
export type CodecRow = {
  /** value of the `codec` option */
  readonly name: string;
  /** other names that the option accepts, among them FFmpeg's for the decoder */
  readonly aliases: readonly string[];
  /** FFmpeg's name of the encoder */
  readonly encoder: string;
  /** encoder settings of the original Steps Animation script, or FFmpeg's defaults where it had none */
  readonly original: FfmpegOptions;
  /** encoder settings chosen by measurement: docs/codecs.md */
  readonly tuned: FfmpegOptions;
  /** encoder threads per core; 0: the encoder decides */
  readonly threadsPerCore: number;
  /** whether the encoder has copied a frame by the time that it has accepted it */
  readonly copiesFrames: boolean;
  /** how the frames of a hold are coded better, with tuned settings; default: like all others */
  readonly betterHolds?: BetterFrames;
  /** FFmpeg's name of the container */
  readonly container: string;
  readonly containerOptions: FfmpegOptions;
  /** four-character code of the codec in the file, where players need another one than FFmpeg's default */
  readonly tag?: string;
  /** file name extension without the dot */
  readonly extension: string;
  /** of the frames that the encoder takes */
  readonly pixelFormat: PixelFormat;
  /** highest number of frames per second */
  readonly maxFps?: number;
  /** fewest pixels of each side that the encoder takes, found by trial. Default: 1 */
  readonly minSide?: number;
  /** most pixels of each side. Default: no limit */
  readonly maxSide?: number;
  /** most pixels of the height. Default: `maxSide` */
  readonly maxHeight?: number;
  /** whether frames can be encoded while steps arrive */
  readonly streams: boolean;
  /** whether movies with the same settings can be joined without encoding them again */
  readonly joins: boolean;
};

const noOptions = {};
const video = { copiesFrames: true, pixelFormat: 'yuv420p', streams: true, joins: true } as const;
const images = { aliases: [], original: noOptions, threadsPerCore: 1, copiesFrames: false, joins: false } as const;
const mp4 = { container: 'mp4', containerOptions: { movflags: '+faststart' }, extension: 'mp4' } as const;
const av1Options = { preset: '12', crf: '35' } as const;
const proresOptions = { profile: '3', vendor: 'apl0', bits_per_mb: '8000' } as const;

/**
 * The codec table. A codec is added by a row here, and by its demuxer in `src/movie/probe.ts` if that is a new one; the
 * option, `codecs`, the tests and the page follow.
 */
export const codecs = {
  x264: {
    ...{ ...video, ...mp4 },
    name: 'x264',
    aliases: ['h264'],
    encoder: 'libx264',
    original: { preset: 'medium', crf: '23' },
    // A cross-fade lies between its sources: predicted from both, it takes almost no bits. So there are always eight
    // B-frames, without a search for the best number.
    tuned: {
      ...{ preset: 'veryfast', crf: '21.5', tune: 'ssim', trellis: '1' },
      ...{ bf: '8', b_strategy: '0', 'rc-lookahead': '20' },
    },
    // Measured on two cores: with FFmpeg's 1.5 threads per core 1.71 cores are busy, with 4 per core 1.91.
    threadsPerCore: 4,
    betterHolds: { by: 'zones', option: 'x264-params', bits: 4 },
    maxSide: 16_384,
  },
  x265: {
    ...{ ...video, ...mp4 },
    name: 'x265',
    aliases: ['h265', 'hevc'],
    encoder: 'libx265',
    original: { preset: 'faster', crf: '28', 'x265-params': 'log-level=error' },
    tuned: {
      ...{ preset: 'faster', crf: '28', tune: 'ssim' },
      // Without the settings in the stream, which tell movies apart that are to be joined.
      'x265-params': 'log-level=error:info=0:b-adapt=0:bframes=8:rc-lookahead=20',
    },
    threadsPerCore: 0,
    betterHolds: { by: 'zones', option: 'x265-params', bits: 3.5 },
    tag: 'hvc1',
    minSide: 16,
    // More is more than the container can say.
    maxSide: 65_534,
  },
  'vpx-vp9': {
    ...video,
    name: 'vpx-vp9',
    aliases: ['vp9'],
    encoder: 'libvpx-vp9',
    original: { crf: '34', deadline: 'realtime', 'cpu-used': '4', 'row-mt': '1' },
    tuned: { crf: '36', deadline: 'realtime', 'cpu-used': '5', 'row-mt': '1' },
    threadsPerCore: 1,
    betterHolds: { by: 'regions', share: 0.25 },
    maxSide: 65_536,
    ...{ container: 'webm', containerOptions: noOptions, extension: 'webm' },
  },
  'svt-av1': {
    ...{ ...video, ...mp4 },
    name: 'svt-av1',
    aliases: ['av1', 'aom-av1'],
    encoder: 'libsvtav1',
    // The original script used libaom; this makes a smaller file of the same quality in less time.
    original: av1Options,
    tuned: av1Options,
    threadsPerCore: 0,
    // It never ends with some smaller pictures.
    minSide: 32,
    maxSide: 16_384,
    maxHeight: 8704,
  },
  prores_ks: {
    ...video,
    name: 'prores_ks',
    aliases: ['prores'],
    encoder: 'prores_ks',
    original: proresOptions,
    tuned: proresOptions,
    threadsPerCore: 1,
    copiesFrames: false,
    ...{ container: 'mov', containerOptions: mp4.containerOptions, extension: 'mov' },
    pixelFormat: 'yuv422p10le',
    maxSide: 65_534,
  },
  gif: {
    ...images,
    name: 'gif',
    encoder: 'gif',
    tuned: noOptions,
    ...{ container: 'gif', containerOptions: { loop: '0' }, extension: 'gif' },
    pixelFormat: 'pal8',
    // Delays are in hundredths of a second, and viewers slow down a delay of one.
    maxFps: 50,
    maxSide: 65_535,
    // The palette, one for all frames, is made from all pictures.
    streams: false,
  },
  webp: {
    ...images,
    name: 'webp',
    encoder: 'libwebp',
    tuned: noOptions,
    ...{ container: 'webp', containerOptions: { loop: '0' }, extension: 'webp' },
    pixelFormat: 'bgra',
    maxSide: 16_383,
    streams: true,
  },
  apng: {
    ...images,
    name: 'apng',
    encoder: 'apng',
    tuned: { pred: 'up', compression_level: '5' },
    ...{ container: 'apng', containerOptions: { plays: '0' }, extension: 'png' },
    pixelFormat: 'rgb24',
    streams: true,
  },
} as const satisfies Record<string, CodecRow>;

export type CodecName = keyof typeof codecs;

/** The row of a codec, with its optional fields. */
export function codecRow(name: CodecName): CodecRow {
  return codecs[name];
}

/**
 * Checks that the encoder of a codec takes frames of a size.
 * @param code of the error. Default: `usage`, for a size that somebody asked for
 * @throws StepsAnimationError with the sizes that it takes
 */
export function checkFrameSize(
  name: CodecName,
  { width, height }: { readonly width: number; readonly height: number },
  code: 'usage' | 'encoder' = 'usage',
): void {
  const { minSide = 1, maxSide = Number.POSITIVE_INFINITY, maxHeight = maxSide } = codecRow(name);
  const isTooSmall = Math.min(width, height) < minSide;
  if (!isTooSmall && width <= maxSide && height <= maxHeight) return;
  const limit = isTooSmall ? `at least ${minSide}×${minSide}` : `at most ${maxSide}×${maxHeight}`;
  const message = `The codec ${name} takes pictures of ${limit} pixels, and these have ${width}×${height}`;
  throw new StepsAnimationError(code, `${message}: choose another size or codec.`);
}

const codecNames = Object.keys(codecs) as [CodecName, ...CodecName[]];

const nameByAlias = new Map<string, CodecName>(
  codecNames.flatMap((name) => [[name, name], ...codecs[name].aliases.map((alias) => [alias, name] as const)]),
);

/** The codec of a file by FFmpeg's name for its decoder, such as `h264` or `webp_anim`; undefined if it is not one of ours. */
export function codecNameOf(decoder: string): CodecName | undefined {
  return nameByAlias.get(decoder.replace(/_anim$/u, ''));
}

/** Accepts a codec's name or one of its aliases, in any case; outputs the name. */
export const codecNameSchema = z.preprocess(
  (value) => (typeof value === 'string' ? (nameByAlias.get(value.toLowerCase()) ?? value) : value),
  z.enum(codecNames),
);

/** `tuned`, `original`, or `key=value` pairs, which may follow one of the two to override it. */
const encoderSettingsShape = /^(?:tuned|original|[\w-]+=[^,]*)(?:,[\w-]+=[^,]*)*$/;

/** Characters of encoder settings. */
const maxSettingsLength = 1000;

/** Accepts `tuned`, `original`, `crf=18,preset=slow` or `original,crf=18`. */
export const encoderSettingsSchema = z
  .string()
  .max(maxSettingsLength)
  .regex(encoderSettingsShape, { error: 'must be tuned, original, or settings such as crf=18,preset=slow' });

/** Settings that determine the quality in place of `crf`. */
const rateControls = ['qp', 'b', 'q', 'global_quality', 'cq-level', 'lossless'];

/** Whether settings are those of the original script, which treats all frames alike, with or without changes. */
export function isOriginal(settings: string): boolean {
  return settings.split(',')[0] === 'original';
}

/**
 * The options that an encoder is opened with, by FFmpeg's names.
 * @param settings as `encoderSettingsSchema` accepts them; single ones override the codec's
 * @param holds frames that are to be coded better than the others
 */
export function encoderOptionsOf(
  codec: CodecRow,
  settings: string,
  holds: readonly FrameRange[] = [],
): Record<string, string> {
  const options = baseOptionsOf(codec, settings);
  const { betterHolds: better } = codec;
  if (better?.by !== 'zones' || holds.length === 0 || isOriginal(settings)) return options;
  const zones = holds.map(({ first, last }) => `${first},${last},b=${better.bits}`).join('/');
  const others = options[better.option];
  return { ...options, [better.option]: `${others === undefined ? '' : `${others}:`}zones=${zones}` };
}

function baseOptionsOf(codec: CodecRow, settings: string): Record<string, string> {
  const [first = '', ...others] = settings.split(',');
  const { crf, ...base } = first === 'original' ? codec.original : codec.tuned;
  const own = Object.fromEntries((first.includes('=') ? [first, ...others] : others).map(splitPair));
  const setsQuality = rateControls.some((name) => name in own);
  return { ...base, ...(crf === undefined || setsQuality ? {} : { crf }), ...own };
}

function splitPair(text: string): [string, string] {
  const equals = text.indexOf('=');
  return [text.slice(0, equals), text.slice(equals + 1)];
}
