import sharp from 'sharp';
import type { Picture } from '#src/pictures/picture.js';

/**
 * How alike a picture and the finished one are: Pearson's coefficient of their levels, at an eighth of the finished one's
 * size, which is what estimates of a latent's colours have.
 */
export async function correlation(picture: string | Picture, finished: string | Picture): Promise<number> {
  const { width = 0, height = 0 } = typeof finished === 'string' ? await sharp(finished).metadata() : finished;
  const [a, b] = [await levelsOf(picture, width / 8, height / 8), await levelsOf(finished, width / 8, height / 8)];
  return coefficient(a, b);
}

/** Pearson's coefficient of the levels of two pictures of one size. */
export function coefficient(one: Uint8Array, other: Uint8Array): number {
  const [a, b] = [centred(one), centred(other)];
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

async function levelsOf(picture: string | Picture, width: number, height: number): Promise<Uint8Array> {
  return await opened(picture).removeAlpha().resize(width, height, { fit: 'fill' }).raw().toBuffer();
}

function opened(picture: string | Picture) {
  if (typeof picture === 'string') return sharp(picture);
  const { data, width, height } = picture;
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function centred(levels: Uint8Array): readonly number[] {
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return [...levels].map((level) => level - mean);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
