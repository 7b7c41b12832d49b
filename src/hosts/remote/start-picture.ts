import sharp, { type Sharp } from 'sharp';
import type { PixelPicture, Size } from '../../diffusion/batch-request.js';
import { StepsAnimationError } from '../../errors.js';
import type { Img2imgOptions } from '../../options/generation-options.js';
import type { Picture } from '../../pictures/picture.js';

/** What img2img starts from, in the size of the image. */
export type FittedStart = {
  readonly picture: PixelPicture;
  /** one byte a pixel: 255 is painted anew, 0 stays */
  readonly mask: Uint8Array | undefined;
};

/**
 * Brings the starting picture and its mask to the size of the image.
 * @throws StepsAnimationError `usage` when the mask has another size than the picture
 */
export async function fitStart(
  picture: Picture,
  mask: Picture | undefined,
  size: Size,
  { resizeMode, maskBlur }: Pick<Img2imgOptions, 'resizeMode' | 'maskBlur'>,
): Promise<FittedStart> {
  const fitted = await resize(fromPicture(picture), picture, size, resizeMode);
  const pixels = { ...size, data: new Uint8Array(await fitted.raw().toBuffer()) };
  if (!mask) return { picture: pixels, mask: undefined };
  if (mask.width !== picture.width || mask.height !== picture.height) {
    throw new StepsAnimationError(
      'usage',
      `The mask has ${mask.width}x${mask.height} pixels and the starting picture ${picture.width}x${picture.height}; give a mask of the same size.`,
    );
  }
  const wanted = await resize(fromPicture(mask), mask, size, resizeMode);
  const grey = await wanted.greyscale().raw().toBuffer();
  const soft = sharp(grey, { raw: { ...size, channels: 1 } });
  // A blur of nothing is refused; 0.3 is sharp's least.
  const blurred = maskBlur >= 0.3 ? soft.blur(maskBlur) : soft;
  return { picture: pixels, mask: new Uint8Array(await blurred.extractChannel(0).raw().toBuffer()) };
}

/** A mask as a picture, to send. */
export function greyPicture(size: Size, mask: Uint8Array): Picture {
  return { ...size, data: Uint8Array.from({ length: 3 * mask.length }, (_, i) => mask[Math.floor(i / 3)] ?? 0) };
}

async function resize(image: Sharp, from: Size, to: Size, mode: Img2imgOptions['resizeMode']): Promise<Sharp> {
  const { width, height } = to;
  if (mode !== 'fill')
    return image.resize(width, height, { fit: mode === 'crop' ? 'cover' : 'fill', kernel: 'lanczos3' });
  const scale = Math.min(width / from.width, height / from.height);
  const inner = {
    width: Math.min(Math.max(Math.round(from.width * scale), 1), width),
    height: Math.min(Math.max(Math.round(from.height * scale), 1), height),
  };
  const data = await image.resize(inner.width, inner.height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
  const left = Math.floor((width - inner.width) / 2);
  const top = Math.floor((height - inner.height) / 2);
  return sharp(data, { raw: { ...inner, channels: 3 } }).extend({
    ...{ left, top, right: width - inner.width - left, bottom: height - inner.height - top },
    extendWith: 'copy',
  });
}

function fromPicture({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}
