import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { readInfotext } from './animation/infotext-files.js';
import { isAnimatedPng } from './animation/png-text.js';
import { probeMovie } from './animation/probe.js';
import { StepsAnimationError } from './errors.js';

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
  const bytes = await readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message.split(',')[0] : String(cause);
    throw new StepsAnimationError('input', `Cannot read the file ${path} (${reason}): check its name.`, { cause });
  });
  return (await describeImage(path, bytes)) ?? (await describeMovie(path, bytes));
}

async function describeImage(path: string, bytes: Buffer): Promise<FileFacts | undefined> {
  const metadata = await sharp(bytes, { animated: true })
    .metadata()
    .catch(() => undefined);
  if (!metadata || !['png', 'jpeg', 'webp', 'gif'].includes(metadata.format)) return undefined;
  const { format, width, height, pageHeight = height, pages = 1, delay = [] } = metadata;
  if (format === 'png' && isAnimatedPng(bytes)) return undefined;
  const infotext = (await readInfotext(bytes)) ?? null;
  const facts = { path, format, width, height: pageHeight, infotext };
  if (pages === 1) return { type: 'image', ...facts };
  const duration = delay.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
  return { type: 'movie', ...facts, frames: pages, duration };
}

async function describeMovie(path: string, bytes: Buffer): Promise<FileFacts> {
  const { tags, ...facts } = await probeMovie(path);
  const comment = Object.entries(tags).find(([name]) => name.toLowerCase() === 'comment');
  const infotext = comment?.[1] ?? (await readInfotext(bytes)) ?? null;
  return { type: 'movie', path, ...facts, infotext, tags };
}
