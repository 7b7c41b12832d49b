import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { glob, isDynamicPattern } from 'tinyglobby';
import { StepsAnimationError } from '../errors.js';
import { parseIntermediateStem } from '../files/file-names.js';
import { readImageHead } from '../infotext/infotext-files.js';
import { parseInfotext, seedOf, withoutIntermediateStep } from '../infotext/parse-infotext.js';
import { isAnimatedPng } from '../infotext/png.js';
import { movieFrames } from '../movie/decode.js';
import type { Size } from '../pictures/picture.js';
import { encodePng } from '../pictures/picture-files.js';
import type { PictureSource } from '../pictures/picture-source.js';
import { compareNames, imageExtensions, type Run, type RunImage, readRuns } from '../recording/runs.js';
import { firstLineOf } from '../util/error-message.js';
import { readInfotext } from './inspect-file.js';

const movieExtensions = new Set(['.apng', '.avi', '.gif', '.m4v', '.mkv', '.mov', '.mp4', '.webm']);
/** What a pattern may match; manifests lie beside the images. */
const pictureExtensions = new Set([...imageExtensions, ...movieExtensions, '.tif', '.tiff', '.avif']);

/** Which runs of a folder to show: all, the last one, or the images with these seeds. */
export type RunChoice = 'all' | 'last' | readonly number[];

/** The pictures of one image, from its first step to the finished image, or of one list of images. */
export type SourceSequence = {
  readonly pictures: readonly PictureSource[];
  /** in pixels: of the finished image, or of the first picture where there is none */
  readonly width: number;
  readonly height: number;
  /** of the last picture; empty if there is none */
  readonly infotext: string;
  readonly seed: number | null;
  /** name for a movie of it, if the infotext contains no seed */
  readonly name: string;
};

/** Picture sequences in the order in which a movie shows them. Disposing of them removes the frames of unpacked movies. */
export class PictureSources implements AsyncDisposable {
  readonly sequences: SourceSequence[] = [];
  #unpacked: string | undefined;

  /**
   * Finds the pictures of files and folders.
   * @param sources folders of intermediate images, image files, patterns such as `steps/*.png`, animated images or movies
   * @throws StepsAnimationError `input` naming the file or folder; `usage` for a seed that no run has
   */
  static async find(
    sources: readonly string[],
    { runs = 'all', signal }: { readonly runs?: RunChoice; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<PictureSources> {
    const found = new PictureSources();
    try {
      let single: PictureSource[] = [];
      const endList = async () => {
        if (single.length > 0) await found.#add(single, null);
        single = [];
      };
      for (const path of (await Promise.all(sources.map(expand))).flat()) {
        if ((await stat(path)).isDirectory()) {
          await endList();
          await found.#addRuns(path, chooseRuns(path, await readRuns(path), runs));
        } else if (await isMovie(path)) {
          await endList();
          await found.#add(await found.#unpack(path, signal), null, path);
        } else {
          single.push({ type: 'file', path });
        }
      }
      await endList();
      return found;
    } catch (error) {
      await found[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #addRuns(folder: string, images: readonly RunImage[]): Promise<void> {
    if (images.length === 0) {
      throw new StepsAnimationError('input', `There are no PNG, JPEG or WebP images in the folder ${folder}.`);
    }
    for (const { pictures, seed } of images) {
      await this.#add(
        pictures.map((path) => ({ type: 'file', path })),
        seed,
      );
    }
  }

  async #add(pictures: readonly PictureSource[], seed: number | null, movie?: string): Promise<void> {
    const paths = pictures.flatMap((picture) => (picture.type === 'file' ? [picture.path] : []));
    const sizes = await Promise.all([...new Set(paths)].map(sizeOf));
    const [first = { width: 1, height: 1 }] = sizes;
    const last = movie ?? paths.at(-1) ?? '';
    const infotext = withoutIntermediateStep((await readInfotext(last)) ?? '');
    const known = seedOf(parseInfotext(infotext)) ?? seed;
    const size = seed === null ? first : (sizes.at(-1) ?? first);
    this.sequences.push({ pictures, ...size, infotext, seed: known, name: nameOf(last) });
  }

  /** Decodes a movie into files, as its frames can only be read in order. */
  async #unpack(path: string, signal: AbortSignal | undefined): Promise<PictureSource[]> {
    this.#unpacked ??= await mkdtemp(join(tmpdir(), 'steps-animation-'));
    const pictures: PictureSource[] = [];
    for await (const frame of movieFrames(path, signal)) {
      const file = join(this.#unpacked, `${this.sequences.length}-${pictures.length}.png`);
      await writeFile(file, await encodePng(frame, '', 1));
      pictures.push({ type: 'file', path: file });
    }
    if (pictures.length === 0) throw new StepsAnimationError('input', `There are no frames in ${path}.`);
    return pictures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#unpacked !== undefined) await rm(this.#unpacked, { recursive: true, force: true });
  }
}

/** Expands a pattern; a path that exists is not one, whatever characters it contains. */
async function expand(source: string): Promise<string[]> {
  const stats = await stat(source).catch(() => undefined);
  if (stats?.isFile() || stats?.isDirectory()) return [resolve(source)];
  const isPattern = !stats && isDynamicPattern(source);
  const pattern = sep === '\\' ? source.replaceAll(sep, '/') : source;
  const found = isPattern ? await glob(pattern, { absolute: true, expandDirectories: false }) : [];
  const usable = found.filter((path) => pictureExtensions.has(extname(path).toLowerCase()));
  if (usable.length === 0) {
    const what = isPattern ? 'There is no image or movie that matches' : 'There is no file or folder';
    throw new StepsAnimationError('input', `${what} ${source}: check the path.`);
  }
  return usable.sort(compareNames);
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

/** Animated images are movies, too. */
async function isMovie(path: string): Promise<boolean> {
  if (movieExtensions.has(extname(path).toLowerCase())) return true;
  const { pages = 1, format } = await metadataOf(path);
  return pages > 1 || (format === 'png' && isAnimatedPng(await readImageHead(path)));
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
