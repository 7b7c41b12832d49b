import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { parseIntermediateStem } from './animation/file-names.js';
import { StepsAnimationError } from './errors.js';

/** Image files in the order in which a movie shows them, all of one size. */
export type PictureSources = { readonly files: readonly string[]; readonly width: number; readonly height: number };

const imageExtensions = new Set(['.png', '.jpg', '.jpeg', '.webp']);
const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * Finds the images of folders and lists, and makes sure that they can make a movie together.
 * @param sources paths of folders or images; a folder's images are taken in natural order, run after run
 * @throws StepsAnimationError `input` naming the file or folder and the remedy
 */
export async function findPictures(sources: readonly string[]): Promise<PictureSources> {
  const files = (await Promise.all(sources.map((source) => expand(resolve(source))))).flat();
  const [first] = files;
  if (first === undefined) throw new StepsAnimationError('input', 'There are no images to make a movie of: name some.');
  const size = await sizeOf(first);
  for (const file of files) {
    const { width, height } = await sizeOf(file);
    if (width !== size.width || height !== size.height) {
      throw new StepsAnimationError(
        'input',
        `${file} is ${width}×${height}, but ${basename(first)} is ${size.width}×${size.height}: all must have one size.`,
      );
    }
  }
  return { files, ...size };
}

async function expand(source: string): Promise<string[]> {
  const facts = await stat(source).catch(() => undefined);
  if (!facts) throw new StepsAnimationError('input', `There is no file or folder ${source}: check the path.`);
  if (!facts.isDirectory()) return [source];
  const names = await readdir(source);
  const images = names.filter((name) => !name.startsWith('.') && imageExtensions.has(extname(name).toLowerCase()));
  if (images.length === 0) {
    throw new StepsAnimationError('input', `There are no PNG, JPEG or WebP images in the folder ${source}.`);
  }
  return inOrder(images).map((name) => join(source, name));
}

/** Images of several runs, told apart by what follows the step in their names, come run after run. */
function inOrder(names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, run: runOf(name) }))
    .sort((a, b) => naturalOrder.compare(a.run, b.run) || naturalOrder.compare(a.name, b.name))
    .map(({ name }) => name);
}

function runOf(name: string): string {
  const parsed = parseIntermediateStem(basename(name, extname(name)));
  return parsed ? `${parsed.batch}.${parsed.position}.${parsed.seed}.${parsed.prompt}` : '';
}

async function sizeOf(file: string): Promise<{ width: number; height: number }> {
  try {
    const { autoOrient } = await sharp(file).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepsAnimationError('input', `Cannot read the picture ${file} (${reason}): replace or remove it.`);
  }
}
