import { z } from 'zod';

type PixelFormat = 'yuv420p';

/** One row of the codec table: all that the movie writer must know to write such a file. */
export type CodecRow = {
  /** name that people use, also the value of the `codec` option */
  readonly name: string;
  readonly aliases: readonly string[];
  /** FFmpeg's name of the encoder */
  readonly encoder: 'libx264';
  readonly encoderOptions: Readonly<Record<string, string>>;
  /** FFmpeg's name of the container */
  readonly container: 'mp4';
  readonly containerOptions: Readonly<Record<string, string>>;
  /** file name extension without the dot */
  readonly extension: string;
  readonly pixelFormat: PixelFormat;
  /** whether frames can be encoded while steps arrive and the file be ready soon after the last one */
  readonly streams: boolean;
};

/** The codec table. Settings of x264 are those of the original Steps Animation script. */
export const codecs = {
  x264: {
    name: 'x264',
    aliases: ['h264'],
    encoder: 'libx264',
    encoderOptions: { preset: 'medium', crf: '23' },
    container: 'mp4',
    containerOptions: { movflags: '+faststart' },
    extension: 'mp4',
    pixelFormat: 'yuv420p',
    streams: true,
  },
} as const satisfies Record<string, CodecRow>;

export type CodecName = keyof typeof codecs;

const codecNames = Object.keys(codecs) as [CodecName, ...CodecName[]];

const nameByAlias = new Map<string, CodecName>(
  codecNames.flatMap((name) => [[name, name], ...codecs[name].aliases.map((alias) => [alias, name] as const)]),
);

/** Accepts a codec's name or one of its aliases, in any case; yields the name. */
export const codecNameSchema = z.preprocess(
  (value) => (typeof value === 'string' ? (nameByAlias.get(value.toLowerCase()) ?? value) : value),
  z.enum(codecNames),
);
