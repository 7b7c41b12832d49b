import sharp from 'sharp';
import { StepsAnimationError } from '../errors.js';
import { readImageHead } from '../infotext/infotext-files.js';
import { isAnimatedPng } from '../infotext/png.js';
import { probeMovie } from '../movie/probe.js';
import { readInfotext } from './read-infotext.js';

/** What a file tells of itself; `infotext` is null where it holds none. */
export type FileFacts = {
  readonly type: 'image' | 'movie';
  readonly path: string;
  readonly infotext: string | null;
  readonly [fact: string]: unknown;
};

/**
 * Tells what an image or a movie is.
 * @throws StepsAnimationError `input` when it is neither or cannot be read
 */
export async function describeFile(path: string): Promise<FileFacts> {
  const head = await readImageHead(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message.split(',')[0] : String(cause);
    throw new StepsAnimationError('input', `Cannot read the file ${path} (${reason}): check its name.`, { cause });
  });
  return (await describeImage(path, head)) ?? (await describeMovie(path));
}

async function describeImage(path: string, head: Buffer): Promise<FileFacts | undefined> {
  const metadata = await sharp(path, { animated: true })
    .metadata()
    .catch(() => undefined);
  if (!metadata || !['png', 'jpeg', 'webp', 'gif'].includes(metadata.format)) return undefined;
  const { format, width, height, pageHeight = height, pages = 1, delay = [] } = metadata;
  if (format === 'png' && isAnimatedPng(head)) return undefined;
  const infotext = (await readInfotext(path)) ?? null;
  const facts = { path, format, width, height: pageHeight, infotext };
  if (pages === 1) return { type: 'image', ...facts };
  const duration = delay.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
  return { type: 'movie', ...facts, frames: pages, duration };
}

async function describeMovie(path: string): Promise<FileFacts> {
  const { tags, ...facts } = await probeMovie(path).catch((cause: unknown) => {
    const message = `${path} is no image or movie that can be read: give a PNG, JPEG or WebP image, or a movie.`;
    throw new StepsAnimationError('input', message, { cause });
  });
  const infotext = (await readInfotext(path)) ?? null;
  return { type: 'movie', path, ...facts, infotext, tags };
}
