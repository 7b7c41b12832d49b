import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { glob, isDynamicPattern } from 'tinyglobby';
import { StepsAnimationError } from '../errors.js';
import { checkFile } from '../files/check-file.js';
import { parseIntermediateStem } from '../files/file-names.js';
import { makeTemporaryFolder } from '../files/temporary-folder.js';
import { readImageHead } from '../infotext/infotext-files.js';
import { parseInfotext, seedOf, withoutIntermediateStep } from '../infotext/parse-infotext.js';
import { isAnimatedPng } from '../infotext/png.js';
import { type MovieFrame, movieFrames } from '../movie/decode.js';
import { type FrameTime, frameCounts } from '../movie/frame-times.js';
import { hasVideo, probeMovie } from '../movie/probe.js';
import { formatOfFile, isoImageSize } from '../pictures/file-format.js';
import type { Size } from '../pictures/picture.js';
import { encodePng, readPicture } from '../pictures/picture-files.js';
import type { PictureSource } from '../pictures/picture-source.js';
import { compareNames, type Run, type RunImage, readRuns } from '../recording/read-runs.js';
import { firstLineOf, messageOf } from '../util/error-message.js';
import { isFile, isFolder } from '../util/exists.js';
import type { Seed } from '../util/seed.js';
import { readInfotext } from './inspect-file.js';

/** Which runs of a folder to show: all, the last one, or the images with these seeds. */
export type RunChoice = 'all' | 'last' | readonly Seed[];

/** The pictures of one image, from its first step to the finished image, or of one list of images. */
export type SourceSequence = {
  readonly pictures: readonly PictureSource[];
  /** the noise that it started from, if there is a picture of it */
  readonly noise?: PictureSource;
  /** in pixels: of the finished image, or of the first picture where there is none */
  readonly width: number;
  readonly height: number;
  /** of the last picture; empty if there is none */
  readonly infotext: string;
  readonly seed: Seed | null;
  /** name for a movie of it, if the infotext contains no seed */
  readonly name: string;
};

/** Picture sequences in the order in which a movie shows them. Disposing of them removes the frames of unpacked movies. */
export class PictureSources implements AsyncDisposable {
  readonly sequences: SourceSequence[] = [];
  /** what the user should know, such as which files were left out */
  readonly notes: string[] = [];
  #unpacked: string | undefined;
  #unpackedFiles = 0;

  /**
   * Finds the pictures of files and folders. What a file contains is recognised by its bytes, not by its name.
   * @param sources folders of intermediate images, image files, patterns such as `steps/*.png`, animated images or movies
   * @throws StepsAnimationError `input` naming the file or folder; `usage` for a seed that no run has
   */
  static async find(
    sources: readonly string[],
    { runs = 'all', signal }: { readonly runs?: RunChoice; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<PictureSources> {
    const found = new PictureSources();
    try {
      let single: SourceFile[] = [];
      const endList = async () => {
        if (single.length > 0) await found.#add(single, null, signal);
        single = [];
      };
      for (const source of sources) {
        if (await isFolder(source)) {
          await endList();
          await found.#addFolder(resolve(source), runs, signal);
          continue;
        }
        for (const file of await found.#filesOf(source)) {
          if (file.kind === 'still' || file.kind === 'converted') {
            single.push(file);
            continue;
          }
          await endList();
          await found.#add([file], null, signal);
        }
      }
      await endList();
      return found;
    } catch (error) {
      await found[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The files of a pattern, or the one at a path: a path that exists is not a pattern, whatever characters it contains. */
  async #filesOf(source: string): Promise<SourceFile[]> {
    const isPresent = (await lstat(source).catch(() => undefined)) !== undefined;
    const { cwd, pattern } = await literalStart(source);
    if (isPresent || !isDynamicPattern(pattern)) {
      const path = resolve(source);
      return [await sourceFile(path)];
    }
    const paths = await glob(pattern, { cwd, absolute: true, expandDirectories: false });
    const { usable, leftOut } = await sortOut(paths.map((path) => resolve(path)));
    if (usable.length > 0) {
      this.#noteLeftOut(leftOut);
      return usable;
    }
    const message = `There is no image or movie that matches ${source}`;
    throw new StepsAnimationError('input', `${message}: ${describeLeftOut(leftOut) ?? 'check the path'}.`);
  }

  async #addFolder(folder: string, choice: RunChoice, signal: AbortSignal | undefined): Promise<void> {
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const sorted = await sortOut(names.map((name) => join(folder, name)));
    const movies = sorted.usable.filter(({ kind }) => kind === 'movie');
    const files = new Map(sorted.usable.filter(({ kind }) => kind !== 'movie').map((file) => [file.path, file]));
    const leftOut = [
      ...sorted.leftOut,
      ...movies.map(({ path }) => ({ path, reason: 'is a movie: give it by its own path' })),
    ];
    const runs = await readRuns(folder, new Set([...files.keys()].map((path) => basename(path))));
    const images = chooseRuns(folder, runs, choice);
    if (images.length === 0) {
      const reasons = describeLeftOut(leftOut);
      const message = `There are no PNG, JPEG or WebP images in the folder ${folder}`;
      throw new StepsAnimationError('input', reasons === undefined ? `${message}.` : `${message}: ${reasons}.`);
    }
    this.#noteLeftOut(leftOut);
    for (const { pictures, seed, noise } of images) {
      const sources = pictures.map((path) => files.get(path) ?? ({ path, kind: 'still' } as const));
      await this.#add(sources, seed, signal, noise);
    }
  }

  #noteLeftOut(leftOut: readonly LeftOut[]): void {
    const reasons = describeLeftOut(leftOut);
    if (reasons !== undefined) this.notes.push(`Left out: ${reasons}.`);
  }

  async #add(
    files: readonly SourceFile[],
    seed: Seed | null,
    signal: AbortSignal | undefined,
    noise?: string,
  ): Promise<void> {
    const pictures: PictureSource[] = [];
    const sizes: Size[] = [];
    for (const file of files) {
      if (file.kind === 'still') {
        pictures.push({ type: 'file', path: file.path });
        sizes.push(file.size ?? (await sizeOf(file.path)));
      } else {
        const unpacked = await this.#unpack(file, signal);
        pictures.push(...unpacked.pictures);
        sizes.push(unpacked.size);
      }
    }
    const [first = { width: 1, height: 1 }] = sizes;
    const last = files.at(-1)?.path ?? '';
    const infotext = withoutIntermediateStep((await readInfotext(last)) ?? '');
    const known = seedOf(parseInfotext(infotext)) ?? seed;
    const size = seed === null ? first : (sizes.at(-1) ?? first);
    this.sequences.push({
      ...{ pictures, ...size, infotext, seed: known, name: nameOf(last) },
      ...(noise !== undefined && { noise: { type: 'file', path: noise } as const }),
    });
  }

  /** Decodes a movie into files, as its frames can only be read in order. */
  async #unpack(
    { path, kind }: SourceFile,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly pictures: readonly PictureSource[]; readonly size: Size }> {
    this.#unpacked ??= await makeTemporaryFolder();
    const pictures: PictureSource[] = [];
    const times: FrameTime[] = [];
    let size: Size | undefined;
    for await (const frame of kind === 'pages' ? pagesOf(path) : movieFrames(path, signal)) {
      const file = join(this.#unpacked, `${this.#unpackedFiles++}.png`);
      await writeFile(file, await encodePng(frame, '', 1));
      pictures.push({ type: 'file', path: file });
      times.push(frame);
      size ??= { width: frame.width, height: frame.height };
    }
    if (!size) throw new StepsAnimationError('input', `There are no frames in ${path}.`);
    const counts = frameCounts(times);
    return {
      pictures: pictures.flatMap((picture, index) => Array<PictureSource>(counts[index] ?? 1).fill(picture)),
      size,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#unpacked !== undefined) await rm(this.#unpacked, { recursive: true, force: true });
  }
}

/** How a file's pictures are read: as they are, converted by FFmpeg, or several by pages or frames. */
type SourceKind = 'still' | 'converted' | 'pages' | 'animation' | 'movie';
type SourceFile = {
  readonly path: string;
  readonly kind: SourceKind;
  /** of a picture that is read as it is */
  readonly size?: Size;
};
/** `reason` follows the file's name in a sentence. */
type LeftOut = { readonly path: string; readonly reason: string };

const conversion = 'convert it to PNG or JPEG, or a movie to MP4';

/** @throws StepsAnimationError `input` for what is no picture, with what it is and what to do */
async function sourceFile(path: string): Promise<SourceFile> {
  await checkFile(path);
  const format = await formatOfFile(path);
  switch (format?.reader) {
    case 'image': {
      const { pages = 1, format: name, autoOrient } = await metadataOf(path);
      if (pages > 1) return { path, kind: name === 'tiff' ? 'pages' : 'animation' };
      if (name === 'png' && isAnimatedPng(await readImageHead(path))) return { path, kind: 'animation' };
      return { path, kind: 'still', size: { width: autoOrient.width, height: autoOrient.height } };
    }
    case 'ffmpeg-image':
      if (await isWhole(path)) return { path, kind: 'converted' };
      break;
    case 'none':
      break;
    default:
      // Some movies have no signature.
      if (await hasVideo(path)) return { path, kind: format?.reader ?? 'movie' };
  }
  const what = format ? `is of a kind that cannot be read here (${format.name})` : 'is no image or movie';
  throw new StepsAnimationError('input', `${path} ${what}: ${conversion}.`);
}

/** Whether FFmpeg reads all of an image: of a HEIC image in tiles it would give the first one. */
async function isWhole(path: string): Promise<boolean> {
  if (!(await hasVideo(path))) return false;
  const [stated, { width, height }] = [isoImageSize(await readImageHead(path)), await probeMovie(path)];
  return !stated || (stated.width === width && stated.height === height);
}

/** Files that are examined at the same time. */
const maxExamined = 16;
/** Left-out files that a message names; of more, it gives the number. */
const maxNamed = 5;
/** Files with such names are mentioned when they are left out; others are if their bytes show a picture. */
const pictureNames =
  /\.(?:a?png|jpe?g|jpe|jfif|webp|gif|tiff?|bmp|avif|hei[cf]s?|jxl|jp2|psd|exr|svg|ico|tga|qoi|dds|avi|m4v|mkv|mov|mp4|webm|wmv|m?ts|mpe?g|flv|ogv)$/iu;

/** Separates pictures and movies from other files, in natural order. */
async function sortOut(paths: readonly string[]): Promise<{ usable: SourceFile[]; leftOut: LeftOut[] }> {
  const sorted = paths.toSorted(compareNames);
  const examined: (SourceFile | LeftOut | undefined)[] = [];
  for (let at = 0; at < sorted.length; at += maxExamined) {
    examined.push(...(await Promise.all(sorted.slice(at, at + maxExamined).map(examine))));
  }
  return {
    usable: examined.flatMap((file) => (file && 'kind' in file ? [file] : [])),
    leftOut: examined.flatMap((file) => (file && 'reason' in file ? [file] : [])),
  };
}

/** @returns undefined for a file that has nothing to do with pictures, such as a manifest */
async function examine(path: string): Promise<SourceFile | LeftOut | undefined> {
  try {
    const isNamedLikePicture = pictureNames.test(path);
    if (!isNamedLikePicture && (!(await isFile(path)) || (await formatOfFile(path)) === undefined)) return undefined;
    return await sourceFile(path);
  } catch (error) {
    return { path, reason: messageOf(error).replace(`${path} `, '').replace(/\.$/u, '') };
  }
}

/** @returns undefined if nothing is left out */
function describeLeftOut(files: readonly LeftOut[]): string | undefined {
  if (files.length === 0) return undefined;
  const named = files.slice(0, maxNamed).map(({ path, reason }) => `${basename(path)} ${reason}`);
  const more = files.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Splits a pattern: folders that exist belong to its start, whatever characters their names contain. */
async function literalStart(source: string): Promise<{ cwd: string; pattern: string }> {
  const parts = (sep === '\\' ? source.replaceAll(sep, '/') : source).split('/');
  let literal = 0;
  while (literal < parts.length - 1 && (await isFolder(`${parts.slice(0, literal + 1).join('/')}/`))) literal++;
  return {
    cwd: resolve(`${parts.slice(0, literal).join('/')}${literal > 0 ? '/' : ''}`),
    pattern: parts.slice(literal).join('/'),
  };
}

/** Reads the pages of a TIFF file. */
async function* pagesOf(path: string): AsyncGenerator<MovieFrame> {
  const { pages = 1 } = await metadataOf(path);
  for (let page = 0; page < pages; page++) {
    yield { ...(await readPicture(path, page)), time: page, duration: 1 };
  }
}

function chooseRuns(folder: string, runs: readonly Run[], choice: RunChoice): RunImage[] {
  if (choice === 'all') return runs.flatMap(({ images }) => images);
  if (choice === 'last') return [...(runs.at(-1)?.images ?? [])];
  const images = runs.flatMap((run) => run.images);
  for (const seed of choice) {
    if (images.some((image) => image.seed === seed)) continue;
    const seeds = [...new Set(images.map((image) => image.seed ?? 'unknown'))].join(', ');
    throw new StepsAnimationError('usage', `There is no run with the seed ${seed} in ${folder}; there are: ${seeds}.`);
  }
  return images.filter(({ seed }) => seed !== null && choice.includes(seed));
}

async function sizeOf(path: string): Promise<Size> {
  const { autoOrient } = await metadataOf(path);
  return { width: autoOrient.width, height: autoOrient.height };
}

async function metadataOf(path: string): Promise<Metadata> {
  try {
    return await sharp(path).metadata();
  } catch (error) {
    const reason = firstLineOf(error);
    throw new StepsAnimationError('input', `Cannot read the picture ${path} (${reason}): replace or remove it.`);
  }
}

function nameOf(path: string): string {
  const stem = basename(path, extname(path));
  const parsed = parseIntermediateStem(stem);
  if (parsed) return parsed.prompt === '' ? String(parsed.seed) : `${parsed.seed}-${parsed.prompt}`;
  return basename(dirname(path)) || stem;
}
