import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { temporaryPath } from '../files/whole-files.js';
import type { Picture } from '../pictures/picture.js';

/** Bytes of pictures that may wait in memory; what comes on top waits in a raw file. */
const memoryLimit = 32 * 2 ** 20;

type Waiting =
  | { readonly place: 'memory'; readonly picture: Picture }
  | { readonly place: 'file'; readonly width: number; readonly height: number; readonly offset: number };

/**
 * A handle on a picture that waits; `take` gives the picture once and lets go of it.
 */
export type WaitingPicture = { readonly take: () => Picture };

/**
 * Keeps pictures until there is time for them. Pictures beyond the memory limit go to one raw file, written
 * at once: that takes less than a millisecond for 512×512 and bounds the memory whatever the speed of the steps.
 */
export class PictureQueue implements Disposable {
  readonly #folder: string;
  #bytesInMemory = 0;
  #picturesInFile = 0;
  #file: { readonly path: string; readonly descriptor: number; end: number } | undefined;

  /** @param folder where the raw file is made, if one is needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  add(picture: Picture): WaitingPicture {
    const waiting = this.#store(picture);
    return { take: () => this.#take(waiting) };
  }

  #store(picture: Picture): Waiting {
    const { width, height, data } = picture;
    if (this.#bytesInMemory + data.length <= memoryLimit) {
      this.#bytesInMemory += data.length;
      return { place: 'memory', picture };
    }
    this.#file ??= this.#openFile();
    const offset = this.#file.end;
    for (let written = 0; written < data.length; ) {
      written += writeSync(this.#file.descriptor, data, written, data.length - written, offset + written);
    }
    this.#file.end += data.length;
    this.#picturesInFile++;
    return { place: 'file', width, height, offset };
  }

  #take(waiting: Waiting): Picture {
    if (waiting.place === 'memory') {
      this.#bytesInMemory -= waiting.picture.data.length;
      return waiting.picture;
    }
    if (!this.#file) throw new Error('The file of waiting pictures was closed before all were taken.');
    const { width, height, offset } = waiting;
    const data = new Uint8Array(width * height * 3);
    for (let read = 0; read < data.length; ) {
      read += readSync(this.#file.descriptor, data, read, data.length - read, offset + read);
    }
    this.#picturesInFile--;
    if (this.#picturesInFile === 0) this.#emptyFile();
    return { width, height, data };
  }

  #openFile(): { path: string; descriptor: number; end: number } {
    const path = temporaryPath(this.#folder);
    // Another run may have ended and taken the empty folder away.
    mkdirSync(this.#folder, { recursive: true });
    return { path, descriptor: openSync(path, 'wx+'), end: 0 };
  }

  #emptyFile(): void {
    if (!this.#file || fstatSync(this.#file.descriptor).size === 0) return;
    ftruncateSync(this.#file.descriptor);
    this.#file.end = 0;
  }

  [Symbol.dispose](): void {
    if (!this.#file) return;
    closeSync(this.#file.descriptor);
    unlinkSync(this.#file.path);
    this.#file = undefined;
  }
}
