import { copyFileSync, linkSync, mkdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { StepsAnimationError } from '../../errors.js';
import type { StartRequest } from '../../hosts/host.js';
import { decodePicture } from '../../pictures/picture-files.js';
import { firstLineOf } from '../../util/error-message.js';
import type { KeptStep } from './job-store.js';

/** The bytes of the image files that an img2img job starts from. */
export type StartFiles = { readonly picture: Uint8Array; readonly mask?: Uint8Array };

/** The files of jobs, each in a folder of its own: starting pictures, and the kept pictures of steps. */
export class JobFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async writeStart(id: string, { picture, mask }: StartFiles): Promise<void> {
    await mkdir(this.#path(id), { recursive: true });
    await writeFile(this.#path(id, 'picture'), picture);
    if (mask) await writeFile(this.#path(id, 'mask'), mask);
  }

  async readStart(id: string): Promise<StartFiles> {
    const mask = await readFile(this.#path(id, 'mask')).catch(() => undefined);
    return { picture: await readFile(this.#path(id, 'picture')), ...(mask && { mask }) };
  }

  /**
   * Keeps a step's picture: a hard link to the recorder's file, which the recorder deletes when the movie is complete.
   * It is a copy only where the file system has no hard links.
   */
  keepStep(id: string, { image, step, path }: { image: number; step: number; path: string }): KeptStep {
    const file = `steps/${image}/${step}${extname(path)}`;
    const kept = this.#path(id, file);
    mkdirSync(join(kept, '..'), { recursive: true });
    try {
      linkSync(path, kept);
    } catch {
      copyFileSync(path, kept);
    }
    return { image, step, file, bytes: statSync(kept).size };
  }

  stepPath(id: string, { file }: KeptStep): string {
    return this.#path(id, file);
  }

  /** @param from the first image whose steps are removed; 0 by default */
  async removeSteps(id: string, from = 0): Promise<void> {
    const folder = this.#path(id, 'steps');
    for (const image of await readdir(folder).catch(() => [])) {
      if (Number(image) >= from) await rm(join(folder, image), { recursive: true, force: true });
    }
  }

  /** Removes the folders of all other jobs, such as one that could not be queued. */
  async removeUnless(exists: (id: string) => boolean): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!exists(name)) await this.remove(name);
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { recursive: true, force: true });
  }

  #path(id: string, ...names: string[]): string {
    return join(this.#folder, id, ...names);
  }
}

/** @throws StepsAnimationError `usage` when one of them is not a picture */
export async function decodeStart({ picture, mask }: StartFiles): Promise<Pick<StartRequest, 'picture' | 'mask'>> {
  return {
    picture: await decode('starting picture', picture),
    ...(mask && { mask: await decode('mask', mask) }),
  };
}

async function decode(what: string, bytes: Uint8Array) {
  try {
    return await decodePicture(bytes);
  } catch (cause) {
    const reason = firstLineOf(cause);
    throw new StepsAnimationError('usage', `The ${what} cannot be read (${reason}): give a PNG, JPEG or WebP image.`, {
      cause,
    });
  }
}
