import sharp from 'sharp';
import { readExifComment } from '../infotext/exif.js';
import { readGifComment } from '../infotext/gif.js';
import { readImageHead } from '../infotext/infotext-files.js';
import { readPngText } from '../infotext/png.js';
import { readMovieComment } from '../movie/probe.js';

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
