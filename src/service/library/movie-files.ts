import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import type { AnimationResult } from '../../app/events.js';
import { StepsAnimationError } from '../../errors.js';
import { movieStem, parseIntermediateStem } from '../../files/file-names.js';
import { readImageHead } from '../../infotext/infotext-files.js';
import { parseInfotext, seedOf } from '../../infotext/parse-infotext.js';
import { isAnimatedPng, readPngTexts } from '../../infotext/png.js';
import { type MovieInfo, tagOf } from '../../movie/probe.js';
import { codecNameOf, codecs } from '../../options/codecs.js';
import { readMovieFile } from '../media/media.js';

/** A movie below the save location; without what it contains if that is known already. */
type FoundMovie =
  | { readonly path: string; readonly version: string }
  | {
      readonly path: string;
      readonly result: AnimationResult;
      readonly infotext: string;
      /** milliseconds since 1970 */
      readonly createdAt: number;
    };

const movieExtensions = new Set<string>(Object.values(codecs).map(({ extension }) => `.${extension}`));

/** Text that changes with the content of a file, as its time and size do. */
export function versionOf({ mtimeMs, size }: Pick<Stats, 'mtimeMs' | 'size'>): string {
  return `${Math.round(mtimeMs * 1000).toString(36)}-${size.toString(36)}`;
}

/**
 * Finds and reads the movies below a folder, except hidden ones.
 * @param known versions of the movies that are known, by their paths: they are read if they have changed. Where it is
 *   empty they are taken to be the same
 */
export async function* readMovies(
  folder: string,
  known: ReadonlyMap<string, string>,
): AsyncGenerator<FoundMovie, void, void> {
  const images = new FinishedImages(folder);
  for await (const path of filesBelow(folder)) {
    const before = known.get(path.normalize());
    const version = before === undefined ? undefined : await versionAt(path);
    if (version !== undefined && (before === '' || before === version)) yield { path, version };
    else if (await mayBeMovie(path)) {
      const movie = await readMovie(path, images);
      if (movie) yield movie;
    }
  }
}

async function versionAt(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats && versionOf(stats);
}

async function* filesBelow(folder: string): AsyncGenerator<string, void, void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Excludes intermediate images, of which there can be many, and still PNGs, on which FFmpeg logs errors. */
async function mayBeMovie(path: string): Promise<boolean> {
  const extension = extname(path);
  if (parseIntermediateStem(basename(path, extension)) !== undefined) return false;
  if (extension.toLowerCase() === '.png') return isAnimatedPng(await readImageHead(path).catch(() => Buffer.alloc(0)));
  return movieExtensions.has(extension.toLowerCase());
}

async function readMovie(path: string, images: FinishedImages): Promise<FoundMovie | undefined> {
  const info = await readMovieFile(path).catch((error: unknown) => {
    if (error instanceof StepsAnimationError) return undefined;
    throw error;
  });
  // A still picture is a movie of one frame.
  if (!info || info.frames < 2) return undefined;
  const { infotext } = info;
  const parsed = parseInfotext(infotext);
  const { size, mtimeMs } = await stat(path);
  const { width, height, frames, fps, duration, codec } = info;
  const result: AnimationResult = {
    ...{ type: 'animation', path, width, height, frames, fps, duration, bytes: size },
    image: await images.find(infotext, path),
    codec: codecNameOf(codec) ?? codec,
    steps: lastStepOf(info) ?? (Number(parsed.fields.Steps) || 0),
    seed: seedOf(parsed),
    finish_ms: 0,
  };
  return { path, result, infotext, createdAt: Math.round(mtimeMs) };
}

/** The last step that the movie shows, from the title that the movie writer wrote. */
function lastStepOf({ tags }: MovieInfo): number | undefined {
  const [, step] = / \| last step (\d+) \| /u.exec(tagOf(tags, 'title') ?? '') ?? [];
  return step === undefined ? undefined : Number(step);
}

/** Finds the finished images of movies: they have the same name and the same infotext. */
class FinishedImages {
  readonly #outdir: string;
  readonly #names = new Map<string, Promise<readonly string[]>>();

  constructor(outdir: string) {
    this.#outdir = outdir;
  }

  /** @returns the absolute path of the image of a movie; null if there is none */
  async find(infotext: string, movie: string): Promise<string | null> {
    const parsed = parseInfotext(infotext);
    const seed = seedOf(parsed);
    if (seed === null) return null;
    const [tab = ''] = relative(this.#outdir, movie).split(sep);
    const folder = join(this.#outdir, tab);
    const stem = movieStem({ seed, prompt: parsed.prompt });
    const own = basename(movie, extname(movie));
    const names = (await this.#namesOf(folder)).filter((name) => isNamed(name, stem));
    // Of several images with the same infotext, the one with the number of the movie.
    const isOwn = (name: string) => Number(name.normalize() === `${own}.png`.normalize());
    const candidates = names.toSorted((a, b) => isOwn(b) - isOwn(a));
    for (const name of candidates) {
      const path = join(folder, name);
      const head = await readImageHead(path).catch(() => Buffer.alloc(0));
      if (readPngTexts(head).get('parameters') === infotext) return path;
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
  const normal = name.normalize();
  return normal.startsWith(stem) && /^(?:-\d+)?\.png$/u.test(normal.slice(stem.length));
}
