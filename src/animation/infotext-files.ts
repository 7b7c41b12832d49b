import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { exifWithComment, readExifComment } from './exif-comment.js';
import { readGifComment, withGifComment } from './gif-comment.js';
import { readPngText, withPngText } from './png-text.js';
import { withWebpExif } from './webp-exif.js';

/** The infotext in the bytes of a PNG, JPEG, WebP or GIF file, animated or not; undefined if there is none. */
export async function readInfotext(bytes: Buffer): Promise<string | undefined> {
  const inFormat = readPngText(bytes, 'parameters') ?? readGifComment(bytes);
  if (inFormat !== undefined) return inFormat;
  const { exif } = await sharp(bytes)
    .metadata()
    .catch(() => ({ exif: undefined }));
  return exif && readExifComment(exif);
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
