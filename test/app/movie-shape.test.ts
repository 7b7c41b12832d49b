import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { render } from '#src/app/render.js';
import { probeMovie } from '#src/movie/probe.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const even = (length: number) => length + (length % 2);

it('movies of every size and shape have exactly their frames', async () => {
  const folder = await temporaryFolder();
  const sources = await Promise.all(
    [10, 120, 240].map(async (red, index) => {
      const path = join(folder, `${index}.png`);
      await sharp({ create: { width: 40, height: 24, channels: 3, background: { r: red, g: 0, b: 0 } } }).toFile(path);
      return path;
    }),
  );
  const sizes = fc.oneof(
    fc.record({ size: fc.constant('auto'), minSize: fc.integer({ min: 0, max: 200 }) }),
    fc.record({ size: fc.integer({ min: 16, max: 200 }) }),
    fc
      .tuple(fc.integer({ min: 16, max: 200 }), fc.integer({ min: 16, max: 200 }))
      .map((sides) => ({ size: sides.join('x') })),
  );
  const options = fc.record({
    fit: fc.constantFrom('contain' as const, 'cover' as const, 'blur' as const),
    scaling: fc.constantFrom('lanczos' as const, 'nearest' as const),
    codec: fc.constantFrom('x264' as const, 'gif' as const),
    pacing: fc.constantFrom('linear' as const, 'even' as const),
    duration: fc.integer({ min: 5, max: 12 }).map((tenths) => tenths / 10),
    lastFrameDuration: fc.integer({ min: 0, max: 5 }).map((tenths) => tenths / 10),
  });
  await fc.assert(
    fc.asyncProperty(sizes, options, async (size, rest) => {
      const made = await render({ sources, animation: { look: 'classic', ...rest, ...size, fps: 10 }, outdir: folder });
      expect(made.frames).toBe(Math.round(rest.duration * 10) + Math.round(rest.lastFrameDuration * 10));
      const { width, height, frames } = await probeMovie(made.path);
      expect([frames, width, height]).toEqual([made.frames, made.width, made.height]);
      const [, wantedWidth, wantedHeight] = /^(\d+)x(\d+)$/u.exec(String(size.size)) ?? [];
      const shown = (side: string) => (rest.codec === 'x264' ? even(Number(side)) : Number(side));
      if (wantedWidth && wantedHeight) expect([width, height]).toEqual([shown(wantedWidth), shown(wantedHeight)]);
      else expect(Math.abs(width / height - 40 / 24)).toBeLessThan(0.25);
    }),
    { numRuns: 25 },
  );
});
