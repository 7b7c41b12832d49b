import type { Picture } from './picture.js';
import { readPicture } from './picture-files.js';

/** Pictures that are decoded ahead, so that reading and encoding overlap. */
const readAhead = 2;

/** Reads image files one after another, a few ahead, then yields `last` if there is one. */
export async function* pictureSequence(
  files: readonly string[],
  last: Picture | null = null,
  signal?: AbortSignal,
): AsyncGenerator<Picture> {
  const pending: Promise<Picture>[] = [];
  try {
    for (let next = 0; next < files.length || pending.length > 0; ) {
      signal?.throwIfAborted();
      for (; next < files.length && pending.length <= readAhead; next++) {
        const picture = readPicture(files[next] ?? '');
        // A failure is met when the picture's turn comes.
        picture.catch(() => {});
        pending.push(picture);
      }
      const picture = await pending.shift();
      if (picture) yield picture;
    }
    if (last) yield last;
  } finally {
    await Promise.allSettled(pending);
  }
}
