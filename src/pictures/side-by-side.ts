import { describeDifferences, type GridLayout, planGrid } from './grid.js';
import type { Size } from './picture.js';
import type { PictureSource } from './picture-source.js';

/** The pictures of an image from its first step to the finished image. */
export type PictureSequence = { readonly infotext: string; readonly pictures: readonly PictureSource[] };

/**
 * Puts sequences side by side, in step: all begin and end together, whatever their length.
 * @param size of the largest picture
 */
export function sideBySide(
  sequences: readonly PictureSequence[],
  size: Size,
): { layout: GridLayout; sources: PictureSource[] } {
  const layout = planGrid(size, describeDifferences(sequences.map(({ infotext }) => infotext)));
  const length = Math.max(...sequences.map(({ pictures }) => pictures.length));
  const sources = Array.from({ length }, (_, index): PictureSource => {
    const cells = sequences.flatMap(({ pictures }) => pictureAt(pictures, length === 1 ? 1 : index / (length - 1)));
    return { type: 'grid', layout, cells };
  });
  return { layout, sources };
}

function pictureAt(pictures: readonly PictureSource[], time: number): PictureSource[] {
  const picture = pictures[Math.round(time * (pictures.length - 1))];
  return picture ? [picture] : [];
}
