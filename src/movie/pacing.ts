import type { Picture } from '../pictures/picture.js';
import { fitPicture } from '../pictures/picture-files.js';
import { allocateFrameMemory, padToSimd } from './kernels/frame-memory.js';

/** How much each picture differs from the one before: the mean absolute difference of its samples, 0 to 255. */
export async function measureChanges(
  pictures: AsyncIterable<Picture>,
  size: { readonly width: number; readonly height: number },
): Promise<number[]> {
  const bytes = size.width * size.height * 3;
  const { kernels, buffers } = allocateFrameMemory([bytes, bytes]);
  const changes: number[] = [];
  let [previous, current] = buffers;
  let isFirst = true;
  for await (const picture of pictures) {
    current.bytes.set((await fitPicture(picture, size.width, size.height)).data);
    if (!isFirst) changes.push(kernels.absoluteDifference(previous.address, current.address, padToSimd(bytes)) / bytes);
    isFirst = false;
    [previous, current] = [current, previous];
  }
  return changes;
}

/**
 * When each picture is reached, from 0 to 1, so that the movie changes at an even rate.
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
  // Sums of fractions: the end is exact all the same.
  times[times.length - 1] = 1;
  return times;
}
