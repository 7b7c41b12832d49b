import sharp, { type Sharp } from 'sharp';
import { StepsAnimationError } from '../errors.js';
import type { Picture } from './picture.js';
import { withPngText } from './png-text.js';

// Pictures come one after another and are never asked for again: a cache would only hold memory.
sharp.cache(false);

/**
 * Reads an image file as 8-bit sRGB; transparency is laid on black.
 * @throws StepsAnimationError `input` naming the file
 */
export async function readPicture(path: string): Promise<Picture> {
  try {
    const { data, info } = await sharp(path, { failOn: 'error' })
      .autoOrient()
      .flatten()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { width: info.width, height: info.height, data };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new StepsAnimationError('input', `Cannot read the picture ${path} (${reason}): replace or remove it.`, {
      cause: error,
    });
  }
}

/**
 * A picture as the bytes of a PNG file, with `infotext` in its `parameters` chunk, as web UIs write it.
 * `compressionLevel` is zlib's, 0 to 9.
 */
export async function encodePng(picture: Picture, infotext: string, compressionLevel: number): Promise<Uint8Array> {
  const png = await fromPicture(picture).png({ compressionLevel }).toBuffer();
  return infotext === '' ? png : withPngText(png, 'parameters', infotext);
}

export type PictureFormat = {
  /** also the file name extension */
  readonly type: 'png' | 'jpg' | 'webp';
  /** of jpg and webp, 1 to 100 */
  readonly quality: number;
};

/** A picture at another size, enlarged or reduced smoothly (Lanczos). */
export async function resizePicture(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const data = await fromPicture(picture).resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
  return { width, height, data };
}

function fromPicture({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Fast rather than small: the file is usually deleted soon. */
const intermediateCompression = 1;
export async function encodePicture(picture: Picture, infotext: string, format: PictureFormat): Promise<Uint8Array> {
  return await encodePng(picture, infotext, intermediateCompression + (format.type === 'png' ? 0 : 0));
}
