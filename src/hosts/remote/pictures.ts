import sharp from 'sharp';
import { StepsAnimationError } from '../../errors.js';
import type { Picture, Size } from '../../pictures/picture.js';
import { encodePng } from '../../pictures/picture-files.js';
import type { Start } from '../check-request.js';
import { fitStart } from '../start-picture.js';

/**
 * Decodes a picture file that a program sent.
 * @param size to which it is resized: previews are mostly small; its own by default
 * @throws StepsAnimationError `network` when it cannot be read
 */
export async function decodePicture(
  file: Buffer,
  program: string,
  { width, height }: Partial<Size> = {},
): Promise<Picture> {
  try {
    const image = sharp(file, { failOn: 'error' }).flatten().toColourspace('srgb');
    const sized = width && height ? image.resize(width, height, { fit: 'fill', kernel: 'lanczos3' }) : image;
    const { data, info } = await sized.raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    throw new StepsAnimationError('network', `${program} sent a picture that cannot be read. Try again.`, { cause });
  }
}

/** Encodes a PNG to send: quickly, as it is not kept. */
export async function encodeToSend(picture: Picture): Promise<Uint8Array> {
  return await encodePng(picture, '', 1);
}

/** The bytes of a text in base64, which may be a data URL. */
export function fromBase64(text: string): Buffer {
  return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64');
}

/** A program's names of the starting picture and its mask. */
export type StartFiles = { readonly picture: string; readonly mask?: string | undefined };

type SentStart = {
  readonly files?: StartFiles;
  /** the starting picture, if it is shown as a step */
  readonly startFrame?: Picture;
};

/**
 * Sends the starting picture and its mask to a program, in the size of the image.
 * @param repaints the grey of the mask, 0 or 255, where the program repaints the picture
 * @param upload sends a PNG and gives the program's name of it
 */
export async function sendStart(
  start: Start | undefined,
  size: Partial<Size>,
  repaints: 0 | 255,
  upload: (png: Uint8Array) => Promise<string>,
): Promise<SentStart> {
  if (!start) return {};
  const { width = start.picture.width, height = start.picture.height } = size;
  const { picture, mask } = await fitStart(start, { width, height });
  const files = {
    picture: await upload(await encodeToSend(picture)),
    mask: mask && (await upload(await encodeToSend({ width, height, data: greyOf(mask, repaints) }))),
  };
  return { files, ...(start.startFrame && { startFrame: picture }) };
}

/** @param mask 255 where the picture is repainted */
function greyOf(mask: Uint8Array, repaints: 0 | 255): Uint8Array {
  return Uint8Array.from({ length: 3 * mask.length }, (_, i) => {
    const value = mask[Math.floor(i / 3)] ?? 0;
    return repaints === 255 ? value : 255 - value;
  });
}
