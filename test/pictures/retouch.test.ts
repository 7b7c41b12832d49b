import { describe, expect, it } from 'vitest';
import type { Picture } from '#src/pictures/picture.js';
import { isRetouched, makeThumbnail } from '#src/pictures/retouch.js';
import { plain } from '../helpers/pictures.js';

const compare = async (a: Picture, b: Picture) => isRetouched(await makeThumbnail(a), await makeThumbnail(b));
const grey = (level: number, width = 64, height = 64) => plain(width, height, level, level, level);

/** Grey with one cell of 16 × 16 changed. */
function withCell(level: number): Picture {
  const picture = grey(100);
  for (let y = 20; y < 24; y++) picture.data.fill(level, (y * 64 + 20) * 3, (y * 64 + 24) * 3);
  return picture;
}

describe('a finished image', () => {
  it('shows the same as the last step after small changes, and something else after larger ones', async () => {
    expect(await compare(grey(100), grey(116))).toBe(false);
    expect(await compare(grey(100), grey(117))).toBe(true);
    expect(await compare(grey(100), grey(83))).toBe(true);
  });

  it('shows something else if only a small part differs', async () => {
    expect(await compare(grey(100), withCell(100))).toBe(false);
    expect(await compare(grey(100), withCell(200))).toBe(true);
  });

  it('shows the same at another size, and something else at another aspect ratio', async () => {
    expect(await compare(grey(100), grey(100, 128, 128))).toBe(false);
    expect(await compare(grey(100, 100, 100), grey(100, 101, 100))).toBe(false);
    expect(await compare(grey(100, 100, 100), grey(100, 103, 100))).toBe(true);
  });

  it('is not compared with a rough preview', async () => {
    expect(await compare(grey(0, 64, 64), grey(255, 6 * 64, 6 * 64))).toBe(true);
    expect(await compare(grey(0, 64, 64), grey(255, 6 * 64 + 1, 6 * 64 + 1))).toBe(false);
  });
});
