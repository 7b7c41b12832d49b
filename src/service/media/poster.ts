import sharp, { type Sharp } from 'sharp';
import { movieFrames } from '../../movie/decode.js';

/** Pixels of the longer side: twice the size of a grid cell, for high-density screens. */
const posterSide = 512;

/**
 * A small WebP of the finished image of a movie, or of its last frame if there is no such file.
 * @throws StepsAnimationError `input` when neither can be read
 */
export async function posterOf({
  image,
  path,
}: {
  readonly image: string | null;
  readonly path: string;
}): Promise<Uint8Array> {
  const fromImage = image === null ? undefined : await encodePoster(sharp(image)).catch(() => undefined);
  return fromImage ?? (await posterOfLastFrame(path));
}

async function posterOfLastFrame(path: string): Promise<Uint8Array> {
  let last: { data: Uint8Array; width: number; height: number } | undefined;
  for await (const frame of movieFrames(path)) last = frame;
  const { data, width, height } = last ?? { data: new Uint8Array(3), width: 1, height: 1 };
  return await encodePoster(sharp(data, { raw: { width, height, channels: 3 } }));
}

async function encodePoster(picture: Sharp): Promise<Uint8Array> {
  return await picture
    .resize(posterSide, posterSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
}
