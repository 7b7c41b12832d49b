/** An 8-bit sRGB picture: rows from top to bottom, three bytes a pixel (red, green, blue), no padding. */
export type Picture = {
  /** in pixels, at least 1 */
  readonly width: number;
  /** in pixels, at least 1 */
  readonly height: number;
  /** `width * height * 3` bytes */
  readonly data: Uint8Array;
};
