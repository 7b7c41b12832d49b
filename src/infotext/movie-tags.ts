import { nameAndVersion } from '../util/version.js';
import { parseInfotext } from './parse-infotext.js';

type TaggedMovie = {
  /** of the finished image; empty if unknown */
  readonly infotext: string;
  /** of the movie, in pixels */
  readonly width: number;
  readonly height: number;
  /** the last step that the movie shows */
  readonly lastStep: number;
  readonly interpolation: string;
  readonly skipSteps?: number;
  /** the first step of each pass after the first */
  readonly passChanges?: readonly number[];
  /** start of the run */
  readonly timestamp: Date;
};

/** The tags of a movie by FFmpeg's names. `comment` is the exact infotext, to restore the settings from. */
export function movieTags(movie: TaggedMovie): Record<string, string> {
  const { infotext, width, height } = movie;
  const size = `size ${width}x${height}`;
  return {
    title: summary(movie),
    description: [oneLine(infotext), size, nameAndVersion].filter((part) => part !== '').join(' | '),
    artist: nameAndVersion,
    author: nameAndVersion,
    album_artist: nameAndVersion,
    ...(infotext === '' ? {} : { comment: infotext }),
  };
}

function summary(movie: TaggedMovie): string {
  const { infotext, lastStep, skipSteps = 0, passChanges = [], timestamp, interpolation } = movie;
  const { prompt, negativePrompt, fields } = parseInfotext(infotext);
  const parts = [
    oneLine(prompt),
    `negative ${oneLine(negativePrompt) || 'none'}`,
    `seed ${fields.Seed ?? 'unknown'}`,
    `sampler ${fields.Sampler ?? 'unknown'}`,
    `CFG scale ${fields['CFG scale'] ?? 'unknown'}`,
    `steps ${fields.Steps ?? 'unknown'}`,
    `last step ${lastStep}`,
    `skip ${skipSteps}`,
    ...passChanges.map((step) => `hires pass from step ${step}`),
    `model ${fields.Model ?? 'unknown'}`,
    `embedding ${fields['Used embeddings'] ?? fields.TI ?? 'none'}`,
    `face restoration ${fields['Face restoration'] ?? 'none'}`,
    `timestamp ${timestamp.toISOString()}`,
    `interpolation ${interpolation}`,
  ];
  return parts.filter((part) => part !== '').join(' | ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}
