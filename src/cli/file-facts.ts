import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { readPngText } from '../animation/png-text.js';
import { probeMovie } from '../animation/probe.js';
import { StepsAnimationError } from '../errors.js';
import { readExifComment } from './exif-comment.js';

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
  return (await describeImage(path, bytes)) ?? (await describeMovie(path));
}

async function describeImage(path: string, bytes: Buffer): Promise<FileFacts | undefined> {
  const metadata = await sharp(bytes)
    .metadata()
    .catch(() => undefined);
  if (!metadata || !['png', 'jpeg', 'webp'].includes(metadata.format)) return undefined;
  const { format, width, height, exif } = metadata;
  const infotext = readPngText(bytes, 'parameters') ?? (exif && readExifComment(exif)) ?? null;
  return { type: 'image', path, format, width, height, infotext };
}

async function describeMovie(path: string): Promise<FileFacts> {
  const { tags, ...facts } = await probeMovie(path);
  return { type: 'movie', path, ...facts, infotext: tags.comment ?? null, tags };
}
