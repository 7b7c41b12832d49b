import { readdir } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { readInfotext } from '../../app/inspect-file.js';
import { movieStem } from '../../files/file-names.js';
import { parseInfotext, seedOf } from '../../infotext/parse-infotext.js';

/** Finds the finished images that movies end on: they have the same name, and the same infotext. */
export class FinishedImages {
  readonly #outdir: string;
  readonly #names = new Map<string, Promise<readonly string[]>>();

  constructor(outdir: string) {
    this.#outdir = outdir;
  }

  /** @returns the absolute path of the image of a movie; null where there is none */
  async find(infotext: string, movie: string): Promise<string | null> {
    const parsed = parseInfotext(infotext);
    const seed = seedOf(parsed);
    if (seed === null) return null;
    const [tab = ''] = relative(this.#outdir, movie).split(sep);
    const folder = join(this.#outdir, tab);
    const stem = movieStem({ seed, prompt: parsed.prompt });
    const own = basename(movie, extname(movie));
    const names = (await this.#namesOf(folder)).filter((name) => isNamed(name, stem));
    // Of several with the same infotext, the one with the number of the movie.
    const nearest = names.toSorted((a, b) => Number(b === `${own}.png`) - Number(a === `${own}.png`));
    for (const name of nearest) {
      const path = join(folder, name);
      if ((await readInfotext(path).catch(() => undefined)) === infotext) return path;
    }
    return null;
  }

  #namesOf(folder: string): Promise<readonly string[]> {
    const names = this.#names.get(folder) ?? readdir(folder).catch(() => []);
    this.#names.set(folder, names);
    return names;
  }
}

function isNamed(name: string, stem: string): boolean {
  return name.startsWith(stem) && /^(?:-\d+)?\.png$/u.test(name.slice(stem.length));
}
