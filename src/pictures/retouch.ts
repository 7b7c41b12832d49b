import { maxRatioDifference } from './fit.js';
import type { Picture } from './picture.js';
import { resizePicture } from './picture-files.js';

/** Cells on each side of a thumbnail: enough to notice a restored face. */
const side = 16;
/** Difference of a sample, 0 to 255, above which a cell has changed. JPEG of quality 75 causes less than 4. */
const minChange = 16;
/** A last step that had to be enlarged more is a rough preview made from the latent, of no use for comparison. */
const maxEnlargement = 6;

/** A picture reduced to what `isRetouched` compares. */
export type Thumbnail = { readonly cells: Uint8Array; readonly width: number; readonly height: number };

export async function makeThumbnail(picture: Picture): Promise<Thumbnail> {
  const { data: cells } = await resizePicture(picture, side, side);
  return { cells, width: picture.width, height: picture.height };
}

/**
 * Whether a finished image shows something other than the last step: because faces were restored, details repainted, or
 * a part was pasted into a larger picture. Another size alone does not count.
 */
export function isRetouched(lastStep: Thumbnail, finished: Thumbnail): boolean {
  if (lastStep.width * maxEnlargement < finished.width) return false;
  const ratio = (lastStep.width * finished.height) / (lastStep.height * finished.width);
  if (Math.abs(ratio - 1) > maxRatioDifference) return true;
  return finished.cells.some((value, index) => Math.abs(value - (lastStep.cells[index] ?? 0)) > minChange);
}
