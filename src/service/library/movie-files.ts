import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { AnimationResult } from '../../app/events.js';
import { readInfotext } from '../../app/inspect-file.js';
import { StepsAnimationError } from '../../errors.js';
import { parseIntermediateStem } from '../../files/file-names.js';
import { readImageHead } from '../../infotext/infotext-files.js';
import { parseInfotext, seedOf } from '../../infotext/parse-infotext.js';
import { isAnimatedPng } from '../../infotext/png.js';
import { type MovieInfo, probeMovie } from '../../movie/probe.js';
import { codecNameOf, codecs } from '../../options/codecs.js';
import { FinishedImages } from './finished-images.js';

/** A movie below the save location: one that is known already by its path alone. */
export type FoundMovie =
  | { readonly path: string }
  | {
      readonly path: string;
      readonly result: AnimationResult;
      readonly infotext: string;
      /** milliseconds since 1970 */
      readonly createdAt: number;
    };

const movieExtensions = new Set<string>(Object.values(codecs).map(({ extension }) => `.${extension}`));

/**
 * Finds the movies below a folder, and reads from each of them what it is. Hidden folders and files are left out.
 * @param known paths of movies that need not be read
 */
export async function* readMovies(folder: string, known: ReadonlySet<string>): AsyncGenerator<FoundMovie, void, void> {
  const images = new FinishedImages(folder);
  for await (const path of filesBelow(folder)) {
    if (known.has(path)) yield { path };
    else if (await mayBeMovie(path)) {
      const movie = await readMovie(path, images);
      if (movie) yield movie;
    }
  }
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

/** Intermediate images can be many, and are never movies; FFmpeg complains of pictures that do not move. */
async function mayBeMovie(path: string): Promise<boolean> {
  const extension = extname(path);
  if (parseIntermediateStem(basename(path, extension)) !== undefined) return false;
  if (extension.toLowerCase() === '.png') return isAnimatedPng(await readImageHead(path).catch(() => Buffer.alloc(0)));
  return movieExtensions.has(extension.toLowerCase());
}

async function readMovie(path: string, images: FinishedImages): Promise<FoundMovie | undefined> {
  const facts = await probeMovie(path).catch((error: unknown) => {
    if (error instanceof StepsAnimationError) return undefined;
    throw error;
  });
  // A still picture is a movie of one frame.
  if (!facts || facts.frames < 2) return undefined;
  const infotext = commentOf(facts) ?? (await readInfotext(path)) ?? '';
  const parsed = parseInfotext(infotext);
  const { size, mtimeMs } = await stat(path);
  const { width, height, frames, fps, duration, codec } = facts;
  const result: AnimationResult = {
    ...{ type: 'animation', path, width, height, frames, fps, duration, bytes: size },
    image: await images.find(infotext, path),
    codec: codecNameOf(codec) ?? codec,
    steps: lastStepOf(facts) ?? (Number(parsed.fields.Steps) || 0),
    seed: seedOf(parsed),
    finish_ms: 0,
  };
  return { path, result, infotext, createdAt: Math.round(mtimeMs) };
}

function commentOf({ tags }: MovieInfo): string | undefined {
  return tagOf(tags, 'comment');
}

/** Our title ends with facts, of which one is the last step that the movie shows. */
function lastStepOf({ tags }: MovieInfo): number | undefined {
  const [, step] = / \| last step (\d+) \| /u.exec(tagOf(tags, 'title') ?? '') ?? [];
  return step === undefined ? undefined : Number(step);
}

/** Containers write the names of tags in their own case. */
function tagOf(tags: MovieInfo['tags'], wanted: string): string | undefined {
  return Object.entries(tags).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
