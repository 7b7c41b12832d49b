import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import { HttpError } from '../http-error.js';
import { checkPictureFile, pixelsOf } from '../security/limits.js';
import { memoryForPixels } from '../security/picture-memory.js';

/**
 * The bytes of a file in base64, bare or as a data URL. HTTP URLs are rejected: the service would fetch for clients what
 * only it can reach.
 * @throws HttpError 422, where the web UIs reply with 500
 */
export async function bytesOf(encoded: unknown): Promise<Buffer> {
  if (typeof encoded !== 'string') throw new HttpError(422, 'Invalid encoded image');
  if (/^\s*https?:/i.test(encoded))
    throw new HttpError(422, 'Requests not allowed: send the picture itself, in base64');
  const base64 = /^\s*data:/.test(encoded) ? encoded.slice(encoded.indexOf(',') + 1) : encoded;
  const bytes = await decodeBase64(base64);
  if (bytes.length === 0 || !/^[\w+/=\s-]*$/.test(base64.slice(0, 1000))) {
    throw new HttpError(422, 'Invalid encoded image');
  }
  return bytes;
}

/** Characters that are decoded at once, so that a large file does not block the event loop. */
const sliceLength = 1024 * 1024;

async function decodeBase64(text: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let rest = '';
  for (let at = 0; at < text.length; at += sliceLength) {
    if (at > 0) await setImmediate();
    const digits = rest + text.slice(at, at + sliceLength).replace(/\s+/g, '');
    // Four digits are three bytes.
    const whole = digits.length - (digits.length % 4);
    parts.push(Buffer.from(digits.slice(0, whole), 'base64'));
    rest = digits.slice(whole);
  }
  return Buffer.concat([...parts, Buffer.from(rest, 'base64')]);
}

/** A starting picture; transparency becomes white, as in the web UIs. */
export async function startPicture(encoded: unknown): Promise<Buffer> {
  const bytes = await bytesOf(encoded);
  const size = await checkPictureFile(bytes, 'init image');
  const { hasAlpha } = await sharp(bytes).metadata();
  if (!hasAlpha) return bytes;
  using _ = await memoryForPixels(pixelsOf(size));
  return await sharp(bytes).autoOrient().flatten({ background: '#ffffff' }).png(fast).toBuffer();
}

const fast = { compressionLevel: 1 };

/** `round` makes the alpha channel of a mask black and white. */
type MaskReading = { readonly invert: boolean; readonly round: boolean };

/**
 * A mask in the size of its picture, of which white is repainted. If a mask has transparency, its alpha channel is the
 * mask, as in the web UIs.
 */
export async function maskPicture(encoded: unknown, picture: Buffer, { invert, round }: MaskReading): Promise<Buffer> {
  const bytes = await bytesOf(encoded);
  const size = await checkPictureFile(bytes, 'mask');
  const { width, height } = (await sharp(picture).metadata()).autoOrient;
  using _ = await memoryForPixels(pixelsOf(size) + pixelsOf({ width, height }));
  const isOpaque = (await sharp(bytes).stats()).isOpaque;
  const oriented = sharp(bytes).autoOrient();
  const alpha = () => (round ? oriented.extractChannel('alpha').threshold(129) : oriented.extractChannel('alpha'));
  const grey = isOpaque ? oriented.flatten().greyscale() : alpha();
  const read = await grey.toColourspace('b-w').png(fast).toBuffer();
  const sized = sharp(read).resize(width, height, { fit: 'fill', kernel: 'lanczos3' });
  return await (invert ? sized.negate({ alpha: false }) : sized).png(fast).toBuffer();
}
