import sharp from 'sharp';
import type { Picture } from '#dist/animation/picture.js';

/** How alike two pictures are, each brought to the size of the second: Pearson's coefficient of their levels. */
export async function correlation(picture: string | Picture, finished: string | Picture): Promise<number> {
  const { data: wanted, info } = await opened(finished).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const levels = await opened(picture).removeAlpha().resize(width, height, { fit: 'fill' }).raw().toBuffer();
  const [a, b] = [centred(levels), centred(wanted)];
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
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
