import sharp from 'sharp';
import type { PixelPicture } from './batch-request.js';
import { createLatent, type Latent } from './latent.js';

/** Resizes latents bilinearly, as PyTorch's `interpolate` with `align_corners=False`. */
export function resizeLatent(latent: Latent, height: number, width: number): Latent {
  const [batch, channels, oldHeight, oldWidth] = latent.shape;
  const resized = createLatent([batch, channels, height, width]);
  const rows = positionsOf(oldHeight, height);
  const columns = positionsOf(oldWidth, width);
  let target = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    const at = (row: number, column: number) =>
      latent.data[plane * oldHeight * oldWidth + row * oldWidth + column] ?? 0;
    for (const { low: top, high: bottom, part: down } of rows) {
      for (const { low: left, high: right, part } of columns) {
        const upper = at(top, left) * (1 - part) + at(top, right) * part;
        const lower = at(bottom, left) * (1 - part) + at(bottom, right) * part;
        resized.data[target++] = upper * (1 - down) + lower * down;
      }
    }
  }
  return resized;
}

/** For each new position, the two old ones next to it, and its distance from the first as a share of theirs. */
function positionsOf(oldLength: number, length: number): { low: number; high: number; part: number }[] {
  return Array.from({ length }, (_, i) => {
    const place = Math.max(((i + 0.5) * oldLength) / length - 0.5, 0);
    const low = Math.min(Math.floor(place), oldLength - 1);
    return { low, high: Math.min(low + 1, oldLength - 1), part: place - low };
  });
}

/** Resizes a picture with a Lanczos filter. */
export async function enlarge({ data, ...raw }: PixelPicture, width: number, height: number): Promise<PixelPicture> {
  const pixels = await sharp(data, { raw: { width: raw.width, height: raw.height, channels: 3 } })
    .resize(width, height, { kernel: 'lanczos3', fit: 'fill' })
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8Array(pixels) };
}
