import { codecRow } from '../options/codecs.js';
import { fitPicture } from '../pictures/fit.js';
import type { Picture } from '../pictures/picture.js';
import { type PictureSource, type ReadOptions, readPictures } from '../pictures/picture-source.js';
import { ChangeMeter } from './change-meter.js';
import { makePalette } from './gif-palette.js';
import type { MovieSettings } from './messages.js';

/** What some settings need to know of all pictures before the first frame. */
export type LookAhead = {
  /** for even pacing: when each step is reached, as in `createTimeline` */
  readonly times?: readonly number[];
  /** for GIF: 256 colours as BGRA */
  readonly palette?: Uint8Array;
};

/** Pictures whose colours make up a GIF's palette. */
const maxForPalette = 32;

/** Reads all pictures in advance if the settings require it. */
export async function lookAhead(
  settings: MovieSettings,
  sources: readonly PictureSource[],
  options: ReadOptions,
): Promise<LookAhead> {
  const { pacing, codec, noiseDuration } = settings;
  const distance = Math.ceil(Math.max(1, sources.length / maxForPalette));
  // Counted from the last picture, which is shown longest.
  const some = sources.filter((_, index) => (sources.length - 1 - index) % distance === 0);
  return {
    ...(pacing !== 'linear' && {
      times: paceByChange(
        await measureChanges(readPictures(sources.slice(noiseDuration > 0 ? 1 : 0), options), settings),
      ),
    }),
    ...(codecRow(codec).pixelFormat === 'pal8' && { palette: await makePalette(readPictures(some, options)) }),
  };
}

/** How much each picture differs from the one before: the mean absolute difference of its samples, 0 to 255. */
async function measureChanges(pictures: AsyncIterable<Picture>, settings: MovieSettings): Promise<number[]> {
  const meter = new ChangeMeter(settings);
  const changes: number[] = [];
  for await (const picture of pictures) {
    const change = meter.changeTo(await fitPicture(picture, settings, settings));
    if (change !== null) changes.push(change);
  }
  return changes;
}

/**
 * When each picture is reached, from 0 to 1, for a movie that changes at an even rate.
 * @param changes from each picture to the next
 */
export function paceByChange(changes: readonly number[]): number[] {
  const total = changes.reduce((sum, change) => sum + change, 0);
  if (total === 0) return Array.from({ length: changes.length + 1 }, (_, index) => index / Math.max(changes.length, 1));
  const times = [0];
  let passed = 0;
  for (const change of changes) {
    passed += change;
    times.push(passed / total);
  }
  // Exactly 1, whatever the rounding of the sums.
  times[times.length - 1] = 1;
  return times;
}
