import sharp from 'sharp';
import { StepsAnimationError } from '../../errors.js';
import type { GenerationOptions } from '../../options/generation-options.js';
import type { Size } from '../../pictures/picture.js';

/** Bytes of a request without pictures. */
export const maxTextBodyBytes = 1024 * 1024;
/** Bytes of a request with pictures in base64. */
const maxBodyBytes = 32 * 1024 * 1024;
/** Options of the routes that take pictures in base64. */
export const withPictures = { bodyLimit: maxBodyBytes } as const;
/** Not SVG and PDF, which are programs for drawing. */
const pictureFormats: readonly string[] = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif'];
/** Pixels of a picture that is sent. */
const maxPicturePixels = 64 * 1024 * 1024;
/** Pixels of the images of one batch together, in their final size. */
const maxBatchPixels = 64 * 1024 * 1024;
const maxImages = 1000;
/** Characters of the pictures, in base64, of one answer. */
export const maxAnswerLength = 256 * 1024 * 1024;

/**
 * Checks the header of a picture: its format, and whether it would be too large in memory.
 * @param what what the message calls it
 * @returns its size
 * @throws StepsAnimationError `usage` for another kind of file, or too many pixels
 */
export async function checkPictureFile(bytes: Uint8Array, what: string): Promise<Size> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!header || !pictureFormats.includes(header.format)) {
    throw new StepsAnimationError('usage', `The ${what} is not a readable picture: send a PNG, JPEG or WebP file.`);
  }
  const { width, height } = header;
  if (width * height <= maxPicturePixels) return { width, height };
  throw new StepsAnimationError(
    'usage',
    `The ${what} has ${width}x${height} pixels, more than ${maxPicturePixels / 1024 ** 2} million: make it smaller.`,
  );
}

export function pixelsOf({ width, height }: Size): number {
  return width * height;
}

type Extent = Pick<GenerationOptions, 'width' | 'height' | 'hiresScale' | 'batchCount' | 'batchSize'>;

/**
 * @param extent with the size that the images will have
 * @throws StepsAnimationError `usage` for a request for too many images, or too many pixels at once
 */
export function checkImageLimits({ width, height, hiresScale, batchCount, batchSize }: Extent): void {
  const images = batchCount * batchSize;
  if (images > maxImages) {
    throw new StepsAnimationError(
      'usage',
      `${images} images are more than the ${maxImages} that one request may make: choose fewer batches.`,
    );
  }
  const pixels = width * height * hiresScale ** 2 * batchSize;
  if (pixels > maxBatchPixels) {
    throw new StepsAnimationError(
      'usage',
      `${batchSize} images of ${width * hiresScale}x${height * hiresScale} pixels at once are too many: choose a smaller size or batch size.`,
    );
  }
}
