import { StepsAnimationError } from '../errors.js';

/** A width and a height in pixels. */
export type Size = { readonly width: number; readonly height: number };

/** An 8-bit sRGB picture: rows from top to bottom, three bytes a pixel (red, green, blue), no padding. */
export type Picture = {
  /** in pixels, at least 1 */
  readonly width: number;
  /** in pixels, at least 1 */
  readonly height: number;
  /** `width * height * 3` bytes */
  readonly data: Uint8Array;
};

/** @throws StepsAnimationError `input` when there are not as many bytes as pixels */
export function checkPicture({ width, height, data }: Picture): void {
  const expected = width * height * 3;
  if (data.length === expected) return;
  const message = `A picture of ${width}×${height} pixels has ${data.length} bytes instead of ${expected}.`;
  throw new StepsAnimationError('input', message);
}
