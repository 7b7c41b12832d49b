import sharp from 'sharp';
import { StepsAnimationError } from '../../errors.js';
import type { GenerationOptions } from '../../options/generation-options.js';

/** Bytes of a request: two pictures of the largest size in base64. */
export const mostBodyBytes = 128 * 1024 * 1024;
/** Not SVG and PDF, which are programs for drawing. */
const pictureFormats: readonly string[] = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif'];
/** Pixels of a picture that is sent. */
const mostPicturePixels = 64 * 1024 * 1024;
/** Pixels of the images of one batch together, in their final size. */
const mostBatchPixels = 64 * 1024 * 1024;
const mostImages = 1000;

/**
 * Refuses a picture that would be too large in memory, from its header alone.
 * @param what how the message names it
 * @throws StepsAnimationError `usage`
 */
export async function requirePicture(bytes: Uint8Array, what: string): Promise<void> {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!header || !pictureFormats.includes(header.format)) {
    throw new StepsAnimationError(
      'usage',
      `The ${what} is no picture that can be read: send a PNG, JPEG or WebP file.`,
    );
  }
  const { width, height } = header;
  if (width * height <= mostPicturePixels) return;
  throw new StepsAnimationError(
    'usage',
    `The ${what} has ${width}x${height} pixels, more than ${mostPicturePixels / 1024 ** 2} million: make it smaller.`,
  );
}

type Extent = Pick<GenerationOptions, 'width' | 'height' | 'hiresScale' | 'batchCount' | 'batchSize'>;

/**
 * Refuses a request for more than one should ask for at once.
 * @throws StepsAnimationError `usage`
 */
export function requireModest({ width, height, hiresScale, batchCount, batchSize }: Extent): void {
  const images = batchCount * batchSize;
  if (images > mostImages) {
    throw new StepsAnimationError(
      'usage',
      `${images} images are more than the ${mostImages} that one request may make: ask for fewer batches.`,
    );
  }
  const pixels = width * height * hiresScale ** 2 * batchSize;
  if (pixels > mostBatchPixels) {
    throw new StepsAnimationError(
      'usage',
      `${batchSize} images of ${width * hiresScale}x${height * hiresScale} pixels at once are too many: choose a smaller size or batch size.`,
    );
  }
}
