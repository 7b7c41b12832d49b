import sharp from 'sharp';
import { StepsAnimationError } from '../../errors.js';
import type { Picture } from '../../pictures/picture.js';

type PartialSize = { readonly width?: number | undefined; readonly height?: number | undefined };

/**
 * Decodes a picture file that a program sent.
 * @param size to which it is resized: previews are mostly small; its own by default
 * @throws StepsAnimationError `network` when it cannot be read
 */
export async function decodePicture(
  file: Buffer,
  program: string,
  { width, height }: PartialSize = {},
): Promise<Picture> {
  try {
    const image = sharp(file, { failOn: 'error' }).flatten().toColourspace('srgb');
    const sized = width && height ? image.resize(width, height, { fit: 'fill', kernel: 'lanczos3' }) : image;
    const { data, info } = await sized.raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    throw new StepsAnimationError('network', `${program} sent a picture that cannot be read. Try again.`, { cause });
  }
}

/** @param size to which the picture is resized, if both sides are given */
export async function resizePicture(picture: Picture, { width, height }: PartialSize): Promise<Picture> {
  if (!width || !height || (width === picture.width && height === picture.height)) return picture;
  const data = await sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { width, height, data };
}

/** Encodes a PNG to send, quickly. */
export async function encodePicture({ width, height, data }: Picture): Promise<Buffer> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** The bytes of a text in base64, which may be a data URL. */
export function fromBase64(text: string): Buffer {
  return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64');
}
