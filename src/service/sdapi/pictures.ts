import sharp from 'sharp';
import { HttpError } from '../http-error.js';
import { checkPictureFile } from '../security/limits.js';

/**
 * The bytes of a file in base64, bare or as a data URL. HTTP URLs are rejected: the service would fetch for clients what
 * only it can reach.
 * @throws HttpError 422, where the web UIs reply with 500
 */
export function bytesOf(encoded: unknown): Buffer {
  if (typeof encoded !== 'string') throw new HttpError(422, 'Invalid encoded image');
  const text = encoded.trim();
  if (/^https?:/i.test(text)) throw new HttpError(422, 'Requests not allowed: send the picture itself, in base64');
  const base64 = text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0 || !/^[\w+/=\s-]*$/.test(base64.slice(0, 1000))) {
    throw new HttpError(422, 'Invalid encoded image');
  }
  return bytes;
}

/** A starting picture; transparency becomes white, as in the web UIs. */
export async function startPicture(encoded: unknown): Promise<Buffer> {
  const bytes = bytesOf(encoded);
  await checkPictureFile(bytes, 'init image');
  const { hasAlpha } = await sharp(bytes).metadata();
  return hasAlpha ? await sharp(bytes).autoOrient().flatten({ background: '#ffffff' }).png(fast).toBuffer() : bytes;
}

const fast = { compressionLevel: 1 };

/** `round` makes the alpha channel of a mask black and white. */
type MaskReading = { readonly invert: boolean; readonly round: boolean };

/**
 * A mask in the size of its picture, of which white is repainted. If a mask has transparency, its alpha channel is the
 * mask, as in the web UIs.
 */
export async function maskPicture(encoded: unknown, picture: Buffer, { invert, round }: MaskReading): Promise<Buffer> {
  const bytes = bytesOf(encoded);
  await checkPictureFile(bytes, 'mask');
  const { width, height } = (await sharp(picture).metadata()).autoOrient;
  const isOpaque = (await sharp(bytes).stats()).isOpaque;
  const oriented = sharp(bytes).autoOrient();
  const alpha = () => (round ? oriented.extractChannel('alpha').threshold(129) : oriented.extractChannel('alpha'));
  const grey = isOpaque ? oriented.flatten().greyscale() : alpha();
  const read = await grey.toColourspace('b-w').png(fast).toBuffer();
  const sized = sharp(read).resize(width, height, { fit: 'fill', kernel: 'lanczos3' });
  return await (invert ? sized.negate({ alpha: false }) : sized).png(fast).toBuffer();
}
