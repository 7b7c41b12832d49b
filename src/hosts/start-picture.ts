import sharp, { type Sharp } from 'sharp';
import type { Img2imgOptions } from '../options/generation-options.js';
import type { Picture, Size } from '../pictures/picture.js';
import { fromPicture } from '../pictures/picture-files.js';
import type { Start } from './check-request.js';
import type { PassInfo } from './host.js';

/** What img2img starts from, in the size of the image. */
export type FittedStart = {
  readonly picture: Picture;
  /** one byte a pixel: 255 is repainted, 0 stays */
  readonly mask: Uint8Array | undefined;
};

/** The pass of the starting picture, where that is shown as a step of its own before the others. */
export function startPass(size: Partial<Size>): PassInfo {
  return { kind: 'base', ...size, steps: 1, exact: true };
}

/** Brings the starting picture and its mask to the size of the image. */
export async function fitStart({ picture, mask, resizeMode, maskBlur }: Start, size: Size): Promise<FittedStart> {
  const fitted = await resize(fromPicture(picture), picture, size, resizeMode);
  const pixels = { ...size, data: new Uint8Array(await fitted.raw().toBuffer()) };
  if (!mask) return { picture: pixels, mask: undefined };
  const resized = await resize(fromPicture(mask), mask, size, resizeMode);
  const grey = await resized.greyscale().raw().toBuffer();
  const sharpMask = sharp(grey, { raw: { ...size, channels: 1 } });
  // 0.3 is the minimum of sharp, which refuses a blur of 0.
  const blurred = maskBlur >= 0.3 ? sharpMask.blur(maskBlur) : sharpMask;
  return { picture: pixels, mask: new Uint8Array(await blurred.extractChannel(0).raw().toBuffer()) };
}

async function resize(image: Sharp, from: Size, to: Size, mode: Img2imgOptions['resizeMode']): Promise<Sharp> {
  const { width, height } = to;
  if (mode !== 'fill') {
    return image.resize(width, height, { fit: mode === 'crop' ? 'cover' : 'fill', kernel: 'lanczos3' });
  }
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
