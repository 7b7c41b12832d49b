import type { Size } from '../../diffusion/batch-request.js';
import type { Picture } from '../../pictures/picture.js';
import { fitStart, type Start } from '../start-picture.js';
import { encodePicture } from './pictures.js';

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
  upload: (png: Buffer) => Promise<string>,
): Promise<SentStart> {
  if (!start) return {};
  const { width = start.picture.width, height = start.picture.height } = size;
  const { picture, mask } = await fitStart(start, { width, height });
  const files = {
    picture: await upload(await encodePicture(picture)),
    mask: mask && (await upload(await encodePicture({ width, height, data: greyOf(mask, repaints) }))),
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
