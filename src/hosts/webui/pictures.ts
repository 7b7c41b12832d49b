import sharp from 'sharp';
import type { Picture } from '../../pictures/picture.js';

/** Decodes a picture in base64, as web UIs send it, with or without the head of a data URL. */
export async function decodeBase64(text: string): Promise<Picture> {
  const bytes = Buffer.from(text.slice(text.startsWith('data:') ? text.indexOf(',') + 1 : 0), 'base64');
  const { data, info } = await sharp(bytes, { failOn: 'error' })
    .flatten()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${info.channels} channels`);
  return { width: info.width, height: info.height, data };
}

/** A picture as a PNG file in base64. */
export async function encodeBase64({ width, height, data }: Picture): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return png.toString('base64');
}

/** A preview in the size of the image that it stands for, if that is known. */
export async function enlarge(picture: Picture, size: { width?: number; height?: number }): Promise<Picture> {
  const { width = picture.width, height = picture.height } = size;
  if (width === picture.width && height === picture.height) return picture;
  const data = await sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { width, height, data };
}
