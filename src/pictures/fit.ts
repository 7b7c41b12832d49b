import sharp from 'sharp';
import type { AnimationOptions } from '../options/animation-options.js';
import { parseMovieSize } from '../options/movie-size.js';
import type { Picture, Size } from './picture.js';
import { fromPicture } from './picture-files.js';

/** The options that give a movie its size. */
export type SizeOptions = Pick<AnimationOptions, 'size' | 'minSize' | 'scaling'>;

/** How a picture fills a size of another aspect ratio, and how it is enlarged. */
export type FitOptions = Pick<AnimationOptions, 'fit' | 'paddingColour' | 'scaling'>;

/** The size of a movie of pictures of a size; never with another aspect ratio unless the options ask for one. */
export function movieSize(picture: Size, { size, minSize, scaling }: SizeOptions): Size {
  const wanted = parseMovieSize(size);
  if (wanted && 'width' in wanted) return wanted;
  const longerSide = Math.max(picture.width, picture.height);
  if (wanted) return scaled(picture, wanted.longerSide / longerSide);
  if (longerSide >= minSize) return { width: picture.width, height: picture.height };
  const factor = minSize / longerSide;
  // Pixels that all become equally large.
  return scaled(picture, scaling === 'nearest' ? Math.ceil(factor) : factor);
}

/** The longer side is exact; the other one is even, as video wants it, where it has to be rounded. */
function scaled({ width, height }: Size, factor: number): Size {
  const side = (length: number) => {
    const exact = length * factor;
    const isExact = Math.abs(exact - Math.round(exact)) < 1e-9;
    return Math.max(2, isExact || length === Math.max(width, height) ? Math.round(exact) : 2 * Math.round(exact / 2));
  };
  return { width: side(width), height: side(height) };
}

export const wholeOnBlack: FitOptions = { fit: 'contain', paddingColour: '#000000', scaling: 'lanczos' };

/**
 * Scales a picture to a size without stretching it.
 * @param options default: the whole picture, with black bars where its aspect ratio is another one
 */
export async function fitPicture(picture: Picture, size: Size, options = wholeOnBlack): Promise<Picture> {
  const { width, height } = size;
  if (picture.width === width && picture.height === height) return picture;
  const { fit, paddingColour: background, scaling } = options;
  const kernel = scaling === 'nearest' ? 'nearest' : 'lanczos3';
  const image = fromPicture(picture);
  if (hasSameShape(picture, size)) {
    return { width, height, data: await image.resize(width, height, { fit: 'fill', kernel }).raw().toBuffer() };
  }
  if (fit === 'blur') return await fitOnBlurred(picture, size, kernel);
  return { width, height, data: await image.resize(width, height, { fit, kernel, background }).raw().toBuffer() };
}

/** Aspect ratios that differ by less may be the same: sizes are whole pixels, and previews are small. */
export const maxRatioDifference = 0.02;

/** Whether the aspect ratios differ by no more than rounding the smaller size to whole pixels explains. */
function hasSameShape(a: Size, b: Size): boolean {
  const [product, other] = [a.width * b.height, a.height * b.width];
  const difference = Math.abs(product - other);
  const onePixel = Math.min(Math.max(a.width, b.width), Math.max(a.height, b.height));
  return difference <= onePixel && difference < maxRatioDifference * Math.max(product, other);
}

/** The background is blurred at this fraction of the size, which takes little time and looks the same. */
const blurScale = 1 / 8;
/** Standard deviation of the blur, as a share of the longer side. */
const blurShare = 1 / 40;
/** Brightness of the background, so that the picture stands out. */
const backgroundBrightness = 0.7;

/** Puts the whole picture over its own enlarged, blurred copy. */
async function fitOnBlurred(picture: Picture, { width, height }: Size, kernel: 'nearest' | 'lanczos3') {
  const small = {
    width: Math.max(1, Math.round(width * blurScale)),
    height: Math.max(1, Math.round(height * blurScale)),
  };
  const blurred = await fromPicture(picture)
    .resize(small.width, small.height, { fit: 'cover' })
    .blur(Math.max(0.3, Math.max(small.width, small.height) * blurShare))
    .linear(backgroundBrightness)
    .raw()
    .toBuffer();
  const [whole, background] = await Promise.all([
    fromPicture(picture).resize(width, height, { fit: 'inside', kernel }).png({ compressionLevel: 0 }).toBuffer(),
    sharp(blurred, { raw: { ...small, channels: 3 } })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .png({ compressionLevel: 0 })
      .toBuffer(),
  ]);
  const data = await sharp(background)
    .composite([{ input: whole, gravity: 'centre' }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data };
}
