import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { exifWithComment, readExifComment } from './exif-comment.js';
import { readGifComment, withGifComment } from './gif-comment.js';
import { readImageHead } from './image-head.js';
import { readPngText, withPngText } from './png-text.js';
import { readMovieComment } from './probe.js';
import { withWebpExif } from './webp-exif.js';

/**
 * The infotext in a PNG, JPEG, WebP or GIF file, animated or not, or in the tags of a movie; undefined if there is
 * none. However large the file is, little of it is read.
 */
export async function readInfotext(path: string): Promise<string | undefined> {
  const head = await readImageHead(path);
  const inFormat = readPngText(head, 'parameters') ?? readGifComment(head);
  if (inFormat !== undefined) return inFormat;
  const metadata = await sharp(path)
    .metadata()
    .catch(() => undefined);
  if (!metadata) return await readMovieComment(path);
  return metadata.exif && readExifComment(metadata.exif);
}

/** Writes the infotext into a finished animation whose container FFmpeg gives no tags; others are left as they are. */
export async function addInfotext(path: string, extension: string, infotext: string): Promise<void> {
  const add = writers[extension];
  if (add && infotext !== '') await writeFile(path, add(await readFile(path), infotext));
}

const writers: Readonly<Record<string, (bytes: Buffer, infotext: string) => Uint8Array>> = {
  gif: withGifComment,
  png: (bytes, infotext) => withPngText(bytes, 'parameters', infotext),
  webp: (bytes, infotext) => withWebpExif(bytes, exifWithComment(infotext)),
};
