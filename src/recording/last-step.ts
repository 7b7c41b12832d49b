import type { Picture } from '../pictures/picture.js';
import { decodePicture } from '../pictures/picture-files.js';
import { isRetouched, type Sketch, sketch } from '../pictures/retouch.js';

const sketchIfPossible = (picture: Picture) => sketch(picture).catch(() => undefined);

/** What the last step of an image looked like, to be compared with the finished image. */
export class LastStep {
  #kept: { readonly step: number; readonly sketch: Promise<Sketch | undefined> } | undefined;

  take(step: number, picture: Picture): void {
    this.#kept = { step, sketch: sketchIfPossible(picture) };
  }

  /**
   * Whether the finished image shows something else than the last step; where that is not known, it does not.
   * @param step the number of the last step, which a run that ended early has before the planned one
   * @param path its intermediate file, for when it was not taken
   */
  async isRetouchedBy(finished: Picture, step: number, path: string | undefined): Promise<boolean> {
    const known = this.#kept?.step === step ? await this.#kept.sketch : await sketchOfFile(path);
    return known !== undefined && isRetouched(known, await sketch(finished));
  }
}

async function sketchOfFile(path: string | undefined): Promise<Sketch | undefined> {
  const picture = path === undefined ? undefined : await decodePicture(path).catch(() => undefined);
  return picture && (await sketchIfPossible(picture));
}
