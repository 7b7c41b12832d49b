import { composeGrid, type GridLayout } from './grid.js';
import type { Picture } from './picture.js';
import { readPicture } from './picture-files.js';

/** Where a picture of a movie comes from. */
export type PictureSource =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'picture'; readonly picture: Picture }
  /** pictures of several images, side by side */
  | { readonly type: 'grid'; readonly layout: GridLayout; readonly cells: readonly PictureSource[] };

export type ReadOptions = {
  readonly signal?: AbortSignal | undefined;
  /** told when a picture has been read and its turn has come */
  readonly onPicture?: (() => void) | undefined;
};

/** Pictures that are decoded ahead, so that reading and encoding overlap. */
const mostAhead = 2;

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

/** Reads sources one after another, a few ahead. */
export async function* readPictures(
  sources: readonly PictureSource[],
  { signal, onPicture }: ReadOptions = {},
): AsyncGenerator<Picture> {
  const pending: Promise<Picture>[] = [];
  try {
    for (const source of [...sources, ...Array<undefined>(mostAhead)]) {
      signal?.throwIfAborted();
      if (source) {
        const picture = readSource(source);
        // A failure is met when the picture's turn comes.
        picture.catch(() => {});
        pending.push(picture);
      }
      const first = pending.length > mostAhead || !source ? await pending.shift() : undefined;
      if (!first) continue;
      onPicture?.();
      yield first;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}
