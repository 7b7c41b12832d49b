import { readFile, writeFile } from 'node:fs/promises';
import { exifWithComment } from './exif.js';
import { withGifComment } from './gif.js';
import { withPngText } from './png.js';
import { withWebpExif } from './webp.js';

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
