import type { AboutShape } from '../api/types.js';

/** The formats that encoders write, by the encoders' names. */
const formats: Readonly<Record<string, string>> = {
  x264: 'H.264',
  x265: 'HEVC',
  'vpx-vp9': 'VP9',
  'svt-av1': 'AV1',
  prores_ks: 'ProRes',
  apng: 'animated PNG',
};

/** What the codecs are called where one is chosen: the format and the kind of file tell more than the encoder. */
export function codecTitles({ codecs }: AboutShape): Readonly<Record<string, string>> {
  return Object.fromEntries(
    codecs.map(({ name, extension }) => [name, `${name} (${formats[name] ? `${formats[name]}, ` : ''}.${extension})`]),
  );
}
