import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureQueue } from '#src/recording/picture-queue.js';
import { plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

describe('picture queue', () => {
  it('gives every picture back unchanged, from memory or from its file, in any order of adding and taking', async () => {
    const folder = await temporaryFolder();
    const moves = fc.array(fc.boolean(), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(moves, (adds) => {
        using queue = new PictureQueue(folder);
        const waiting: { take: () => unknown; shade: number }[] = [];
        adds.forEach((add, index) => {
          const shade = (index * 37) % 256;
          if (add) waiting.push({ take: queue.add(plain(1024, 1024, shade, 0, shade)).take, shade });
          else check(waiting.shift());
        });
        waiting.forEach(check);
        function check(next: { take: () => unknown; shade: number } | undefined) {
          if (!next) return;
          const { data } = next.take() as { data: Uint8Array };
          expect([data.length, data[0], data[2], data.at(-1)]).toEqual([
            3 * 2 ** 20,
            next.shade,
            next.shade,
            next.shade,
          ]);
        }
      }),
      { numRuns: 8 },
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps what is beyond its limit in a file, and empties it when all has been taken', async () => {
    const folder = await temporaryFolder();
    using queue = new PictureQueue(folder);
    const waiting = Array.from({ length: 14 }, (_, shade) => queue.add(plain(1024, 1024, shade, shade, shade)));
    const [name] = await readdir(folder);
    const path = join(folder, name ?? '');
    expect((await stat(path)).size).toBe(4 * 3 * 2 ** 20);
    for (const { take } of waiting) take();
    expect((await stat(path)).size).toBe(0);
  });
});
