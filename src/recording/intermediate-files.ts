import { removeFile } from '../files/held-files.js';
import type { Picture } from '../pictures/picture.js';
import { decodePicture } from '../pictures/picture-files.js';
import { isRetouched, makeThumbnail, type Thumbnail } from '../pictures/retouch.js';

type IntermediateFile = { readonly step: number; readonly path: string };

/** The intermediate files of one image, in the order of their steps, and what its last step looked like. */
export class IntermediateFiles {
  readonly #files: IntermediateFile[] = [];
  #planned: { readonly step: number; readonly thumbnail: Promise<Thumbnail | undefined> } | undefined;

  /** Adds a file that has been written. */
  add(step: number, path: string): void {
    this.#files.push({ step, path });
    this.#files.sort((a, b) => a.step - b.step);
  }

  /** Paths of all files, that of the noise first. */
  get paths(): string[] {
    return this.#files.map(({ path }) => path);
  }

  /** Path of the file of the noise, if there is one. */
  get noise(): string | undefined {
    return this.#files.find(({ step }) => step === 0)?.path;
  }

  /** Paths of the files of the steps, or of those before a step. */
  steps(before = Number.POSITIVE_INFINITY): string[] {
    return this.#files.filter(({ step }) => step > 0 && step < before).map(({ path }) => path);
  }

  async delete(): Promise<void> {
    for (const { path } of this.#files.splice(0)) await removeFile(path);
  }

  /** Keeps a thumbnail of the planned last step, which saves reading its file again. */
  keepThumbnail(step: number, picture: Picture): void {
    this.#planned = { step, thumbnail: thumbnailIfPossible(picture) };
  }

  /**
   * Whether the finished image shows something other than the last step; false if that is unknown.
   * @param lastStep its number, which is not the planned one in a run that ended early
   */
  async isRetouchedBy(finished: Picture, lastStep: number): Promise<boolean> {
    const thumbnail =
      this.#planned?.step === lastStep
        ? await this.#planned.thumbnail
        : await thumbnailOfFile(this.#files.find(({ step }) => step === lastStep)?.path);
    return thumbnail !== undefined && isRetouched(thumbnail, await makeThumbnail(finished));
  }
}

async function thumbnailIfPossible(picture: Picture): Promise<Thumbnail | undefined> {
  return await makeThumbnail(picture).catch(() => undefined);
}

async function thumbnailOfFile(path: string | undefined): Promise<Thumbnail | undefined> {
  const picture = path === undefined ? undefined : await decodePicture(path).catch(() => undefined);
  return picture && (await thumbnailIfPossible(picture));
}
