import sharp, { type Sharp } from 'sharp';
import { StepsAnimationError } from '../errors.js';
import { exifWithComment, withJpegComment } from '../infotext/exif.js';
import { withPngText } from '../infotext/png.js';
import { withWebpExif } from '../infotext/webp.js';
import { firstLineOf } from '../util/error-message.js';
import { exists } from '../util/exists.js';
import type { Picture } from './picture.js';

// Every picture is read once: a cache would only take memory.
sharp.cache(false);

/**
 * Reads an image file as 8-bit sRGB; transparency becomes black.
 * @param page of a file with several, from 0
 * @throws StepsAnimationError `input` naming the file
 */
export async function readPicture(path: string, page = 0): Promise<Picture> {
  try {
    return await decodePicture(path, page);
  } catch (error) {
    const message = (await exists(path))
      ? `Cannot read the picture ${path} (${firstLineOf(error)}): replace or remove it.`
      : `There is no picture ${path}: check its name.`;
    throw new StepsAnimationError('input', message, { cause: error });
  }
}

/** Decodes an image file, or its bytes, as 8-bit sRGB; transparency becomes black. */
export async function decodePicture(file: string | Uint8Array, page = 0): Promise<Picture> {
  const { data, info } = await sharp(file, { failOn: 'error', ...(page > 0 && { page }) })
    .autoOrient()
    .flatten()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  return { width: info.width, height: info.height, data };
}

/**
 * Encodes a picture as a PNG file.
 * @param infotext for the `parameters` chunk, as web UIs write it; none if empty
 * @param compressionLevel zlib's, 0 to 9
 */
export async function encodePng(picture: Picture, infotext: string, compressionLevel: number): Promise<Uint8Array> {
  const png = await fromPicture(picture).png({ compressionLevel }).toBuffer();
  return infotext === '' ? png : withPngText(png, 'parameters', infotext);
}

export type PictureFormat = {
  /** also the file name extension */
  readonly type: 'png' | 'jpg' | 'webp';
  /** of JPEG and WebP, 1 to 100 */
  readonly quality: number;
};

/** zlib's level. Fast rather than small: most intermediate files are deleted soon. */
const intermediateCompression = 1;

/** Encodes a picture as an intermediate file, with its infotext where web UIs keep it. */
export async function encodePicture(picture: Picture, infotext: string, format: PictureFormat): Promise<Uint8Array> {
  const { type, quality } = format;
  if (type === 'png') return await encodePng(picture, infotext, intermediateCompression);
  const image = fromPicture(picture);
  // Chroma at full resolution: the movie is made from these files.
  const bytes = await (type === 'jpg'
    ? image.jpeg({ quality, chromaSubsampling: '4:4:4' })
    : image.webp({ quality, smartSubsample: true, effort: 2 })
  ).toBuffer();
  if (infotext === '') return bytes;
  return type === 'jpg' ? withJpegComment(bytes, infotext) : withWebpExif(bytes, exifWithComment(infotext));
}

/** Scales a picture to a size (Lanczos), whatever its aspect ratio. */
export async function resizePicture(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const data = await fromPicture(picture).resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
  return { width, height, data };
}

/** A picture as sharp takes it. */
export function fromPicture({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}
