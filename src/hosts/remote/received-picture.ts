import sharp from 'sharp';
import { StepsAnimationError } from '../../errors.js';
import type { Picture } from '../../pictures/picture.js';

/**
 * A picture file that a program sent, as pixels.
 * @param size that it is to have, if that is known: many programs send small previews
 * @throws StepsAnimationError `network` when it cannot be read
 */
export async function decodeReceived(
  file: Buffer,
  program: string,
  { width, height }: { readonly width?: number | undefined; readonly height?: number | undefined } = {},
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

/** A PNG to send, quickly made. */
export async function encodeToSend({ width, height, data }: Picture): Promise<Buffer> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}
