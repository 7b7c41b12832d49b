import sharp from 'sharp';
import { isTooLarge, type StreamPicture, sizeFault } from './messages.js';

/**
 * Looks whether bytes are the image file that was announced, without decoding it.
 * @returns what is wrong with them; undefined when nothing is
 */
export async function pictureFault({ format }: StreamPicture, bytes: Uint8Array): Promise<string | undefined> {
  if (format === 'rgb24') return undefined;
  const found = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!found) return `a ${format} was announced, but the ${bytes.length} bytes are no picture`;
  if (found.format !== format) return `a ${format} was announced, but the bytes are a ${found.format}`;
  return isTooLarge(found) ? sizeFault(found) : undefined;
}
