import { access } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { StepsAnimationError } from '../errors.js';
import { exifWithComment, withJpegComment } from '../infotext/exif.js';
import { withPngText } from '../infotext/png.js';
import { withWebpExif } from '../infotext/webp.js';
import { firstLineOf } from '../util/error-message.js';
import type { Picture } from './picture.js';

// Pictures come one after another and are never asked for again: a cache would only hold memory.
sharp.cache(false);

/**
 * Reads an image file as 8-bit sRGB; transparency is laid on black.
 * @throws StepsAnimationError `input` naming the file
 */
export async function readPicture(path: string): Promise<Picture> {
  try {
    return await decodePicture(path);
  } catch (error) {
    const isMissing = await access(path).then(
      () => false,
      () => true,
    );
    if (isMissing)
      throw new StepsAnimationError('input', `There is no picture ${path}: check its name.`, { cause: error });
    const reason = firstLineOf(error);
    throw new StepsAnimationError('input', `Cannot read the picture ${path} (${reason}): replace or remove it.`, {
      cause: error,
    });
  }
}

/** Decodes an image file, or its bytes, as 8-bit sRGB; transparency is laid on black. */
export async function decodePicture(file: string | Uint8Array): Promise<Picture> {
  const { data, info } = await sharp(file, { failOn: 'error' })
    .autoOrient()
    .flatten()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  return { width: info.width, height: info.height, data };
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

/** Fast rather than small: the file is usually deleted soon. */
const intermediateCompression = 1;

/** A picture as the bytes of an intermediate file, with its infotext where web UIs keep it. */
export async function encodePicture(picture: Picture, infotext: string, format: PictureFormat): Promise<Uint8Array> {
  const { type, quality } = format;
  if (type === 'png') return await encodePng(picture, infotext, intermediateCompression);
  const image = fromPicture(picture);
  // Chroma at full size: the movie is made of these.
  const bytes = await (type === 'jpg'
    ? image.jpeg({ quality, chromaSubsampling: '4:4:4' })
    : image.webp({ quality, smartSubsample: true, effort: 2 })
  ).toBuffer();
  if (infotext === '') return bytes;
  return type === 'jpg' ? withJpegComment(bytes, infotext) : withWebpExif(bytes, exifWithComment(infotext));
}

/** A picture at another size, enlarged or reduced smoothly (Lanczos). */
export async function resizePicture(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const data = await fromPicture(picture).resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
  return { width, height, data };
}

/** Aspect ratios that differ by less are one: sizes are whole pixels, and previews small. */
const sameRatio = 0.02;

/** A picture at another size, whole, in the middle of black where its aspect ratio differs. */
export async function fitPicture(picture: Picture, width: number, height: number): Promise<Picture> {
  const ratio = (picture.width * height) / (picture.height * width);
  if (Math.abs(ratio - 1) < sameRatio) return await resizePicture(picture, width, height);
  const options = { fit: 'contain', kernel: 'lanczos3', background: '#000' } as const;
  return { width, height, data: await fromPicture(picture).resize(width, height, options).raw().toBuffer() };
}

function fromPicture({ width, height, data }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}
