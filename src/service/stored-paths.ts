import { relative, resolve, sep } from 'node:path';

/** Paths as the database has them, below the save location and with forward slashes: the location may be moved. */
export class StoredPaths {
  readonly #outdir: string;

  /** @param outdir absolute path of the save location */
  constructor(outdir: string) {
    this.#outdir = outdir;
  }

  toStored(path: string): string {
    return relative(this.#outdir, path).split(sep).join('/');
  }

  toAbsolute(stored: string): string {
    return resolve(this.#outdir, stored);
  }
}
