import type { SizeOptions } from './fit.js';
import { composeGrid, describeDifferences, type GridLayout, planGrid } from './grid.js';
import type { Picture, Size } from './picture.js';
import { readPicture } from './picture-files.js';

/** Where a picture of a movie comes from. */
export type PictureSource =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'picture'; readonly picture: Picture }
  /** pictures of several images, side by side */
  | { readonly type: 'grid'; readonly layout: GridLayout; readonly cells: readonly PictureSource[] };

export type ReadOptions = {
  readonly signal?: AbortSignal | undefined;
  /** called when the next picture, in order, has been read */
  readonly onPicture?: (() => void) | undefined;
};

/** Pictures that are decoded in advance, so that reading and encoding overlap. */
const maxReadAhead = 2;

/** @throws StepsAnimationError `input` naming the file */
async function readSource(source: PictureSource): Promise<Picture> {
  switch (source.type) {
    case 'file':
      return await readPicture(source.path);
    case 'picture':
      return source.picture;
    case 'grid':
      return await composeGrid(source.layout, await Promise.all(source.cells.map(readSource)));
  }
}

/**
 * Reads sources in order, a few in advance.
 * @throws StepsAnimationError `input` naming the file that cannot be read; the reason of `signal` when it is aborted
 */
export async function* readPictures(
  sources: readonly PictureSource[],
  { signal, onPicture }: ReadOptions = {},
): AsyncGenerator<Picture> {
  const pending: Promise<Picture>[] = [];
  try {
    for (const source of [...sources, ...Array<undefined>(maxReadAhead)]) {
      signal?.throwIfAborted();
      if (source) {
        const picture = readSource(source);
        // A failure is thrown when the picture is the next one.
        picture.catch(() => {});
        pending.push(picture);
      }
      const first = pending.length > maxReadAhead || !source ? await pending.shift() : undefined;
      if (!first) continue;
      onPicture?.();
      yield first;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}

/** The pictures of an image from its first step to the finished image. */
export type PictureSequence = { readonly infotext: string; readonly pictures: readonly PictureSource[] };

/**
 * Puts sequences side by side so that all start and end together, whatever their lengths.
 * @param size of the largest picture
 * @param options of the movie
 */
export function sideBySide(
  sequences: readonly PictureSequence[],
  size: Size,
  options: SizeOptions,
): { layout: GridLayout; sources: PictureSource[] } {
  const layout = planGrid(size, describeDifferences(sequences.map(({ infotext }) => infotext)), options);
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
