import type { AboutShape, JobImage, JobMovie, JobShape } from '../api/types.js';
import { words } from '../words/words.js';

/** The movies of an image, newest first: those that were made again come before those of the job itself. */
export function moviesOf(job: JobShape, { seed }: JobImage, renders: readonly JobShape[]): readonly JobMovie[] {
  const own = job.animations.filter((movie) => movie.seed === seed || movie.seed === null || job.images.length === 1);
  return [...renders.flatMap(({ animations }) => animations), ...own];
}

/** A movie in words, such as `MP4, 2.9 s`. */
export function movieName({ codec, duration }: Pick<JobMovie, 'codec' | 'duration'>, about?: AboutShape): string {
  const format = about?.codecs.find(({ name }) => name === codec)?.extension.toUpperCase() ?? codec;
  return `${format}, ${Number(duration.toFixed(1))} s`;
}

/** A size in words, such as `58 kB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const;
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** An image in words, for those who cannot see it. */
export const altOf = ({ infotext }: JobImage): string => infotext.split('\n')[0] || words().stage.finished;
