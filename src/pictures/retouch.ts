import type { Picture } from './picture.js';
import { resizePicture } from './picture-files.js';

/** Cells a side that two pictures are compared by: small enough to see a face that was restored. */
const side = 16;
/** Mean difference of a cell, 0 to 255, from which on a picture shows something else; JPEG of quality 75 makes under 4. */
const noticed = 16;
/** Pictures whose aspect ratios differ by more show something else, too. */
const sameRatio = 0.02;
/** What is enlarged by more is a rough preview, made of the latent; it cannot tell. */
const mostEnlarged = 6;

/** A picture as far as it is compared with another one. */
export type Sketch = { readonly cells: Uint8Array; readonly width: number; readonly height: number };

/** Takes a picture down to what `isRetouched` compares. */
export async function sketch(picture: Picture): Promise<Sketch> {
  const { data: cells } = await resizePicture(picture, side, side);
  return { cells, width: picture.width, height: picture.height };
}

/**
 * Whether a finished image shows something else than the last step did: after faces were restored, details painted anew,
 * or a part of it pasted into a whole. A size of its own makes none of that.
 */
export function isRetouched(lastStep: Sketch, finished: Sketch): boolean {
  if (lastStep.width * mostEnlarged < finished.width) return false;
  const ratio = (lastStep.width * finished.height) / (lastStep.height * finished.width);
  if (Math.abs(ratio - 1) > sameRatio) return true;
  return finished.cells.some((value, index) => Math.abs(value - (lastStep.cells[index] ?? 0)) > noticed);
}
