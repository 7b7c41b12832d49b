import type { Picture } from '../pictures/picture.js';
import { decodePicture } from '../pictures/picture-files.js';
import { isRetouched, makeThumbnail, type Thumbnail } from '../pictures/retouch.js';

const thumbnailIfPossible = (picture: Picture) => makeThumbnail(picture).catch(() => undefined);

/** What the last step of an image looked like, to be compared with the finished image. */
export class LastStep {
  #kept: { readonly step: number; readonly thumbnail: Promise<Thumbnail | undefined> } | undefined;

  take(step: number, picture: Picture): void {
    this.#kept = { step, thumbnail: thumbnailIfPossible(picture) };
  }

  /**
   * Whether the finished image shows something else than the last step; where that is not known, it does not.
   * @param step the number of the last step, which a run that ended early has before the planned one
   * @param path its intermediate file, for when it was not taken
   */
  async isRetouchedBy(finished: Picture, step: number, path: string | undefined): Promise<boolean> {
    const known = this.#kept?.step === step ? await this.#kept.thumbnail : await thumbnailOfFile(path);
    return known !== undefined && isRetouched(known, await makeThumbnail(finished));
  }
}

async function thumbnailOfFile(path: string | undefined): Promise<Thumbnail | undefined> {
  const picture = path === undefined ? undefined : await decodePicture(path).catch(() => undefined);
  return picture && (await thumbnailIfPossible(picture));
}
