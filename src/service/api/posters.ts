import sharp, { type Sharp } from 'sharp';
import { movieFrames } from '../../movie/decode.js';
import type { LibraryEntry } from '../job.js';

/** Pixels of the longer side: twice what a cell of the grid has, for fine screens. */
const posterSide = 512;

/**
 * A small WebP of the image that a movie ends on, or of its last frame where there is no such file.
 * @throws StepsAnimationError `input` when neither can be read
 */
export async function posterOf({ image, path }: Pick<LibraryEntry, 'image' | 'path'>): Promise<Buffer> {
  const fromImage = image === null ? undefined : await encode(sharp(image)).catch(() => undefined);
  return fromImage ?? (await lastFrame(path));
}

async function lastFrame(path: string): Promise<Buffer> {
  let last: { data: Uint8Array; width: number; height: number } | undefined;
  for await (const frame of movieFrames(path)) last = frame;
  const { data, width, height } = last ?? { data: new Uint8Array(3), width: 1, height: 1 };
  return await encode(sharp(data, { raw: { width, height, channels: 3 } }));
}

async function encode(picture: Sharp): Promise<Buffer> {
  return await picture
    .resize(posterSide, posterSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
}
