import { setOptions } from '../form/form-store.js';

/** In pixels. */
export type Size = { readonly width: number; readonly height: number };

/** Images are made in multiples of it. */
const unit = 8;
const least = 64;
const most = 4096;

/** The size of an image that is like a picture: in multiples of 8 pixels, and smaller where it is too large. */
export function imageSizeOf({ width, height }: Size): Size {
  const scale = Math.min(1, most / width, most / height);
  const sideOf = (side: number) => Math.max(least, Math.round((side * scale) / unit) * unit);
  return { width: sideOf(width), height: sideOf(height) };
}

/** Makes images in the size of a picture. */
export function takeSizeOf(picture: Size): void {
  setOptions('img2img', { generation: imageSizeOf(picture) });
}
