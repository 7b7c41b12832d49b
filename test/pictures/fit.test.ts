import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { type FitOptions, fitPicture, movieSize } from '#src/pictures/fit.js';
import type { Picture } from '#src/pictures/picture.js';
import { emerging, plain } from '../helpers/pictures.js';

const side = fc.integer({ min: 16, max: 3000 });
const sizes = fc.record({ width: side, height: side });
const optionsOf = (given: object) => animationOptionsSchema.parse(given);

describe('the size of a movie', () => {
  it('is that of its pictures, unless they are smaller than the minimum', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 4096 }), (size, minSize) => {
        const { width, height } = movieSize(size, optionsOf({ minSize }));
        if (Math.max(size.width, size.height) >= minSize) expect({ width, height }).toEqual(size);
        else expect(Math.max(width, height)).toBe(minSize);
      }),
    );
  });

  it('has the aspect ratio of its pictures, as far as whole pixels allow', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 4096 }), (size, longerSide) => {
        const { width, height } = movieSize(size, optionsOf({ size: longerSide }));
        expect(Math.max(width, height)).toBe(longerSide);
        const factor = longerSide / Math.max(size.width, size.height);
        for (const [scaled, exact] of [
          [width, size.width * factor],
          [height, size.height * factor],
        ] as const)
          expect(Math.abs(scaled - Math.max(exact, 2))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is a multiple of the size of pixel art', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { width, height } = movieSize(size, optionsOf({ scaling: 'nearest' }));
        expect([width % size.width, height % size.height]).toEqual([0, 0]);
        expect(width / size.width).toBe(height / size.height);
      }),
    );
  });

  it('is the one that is asked for', () => {
    expect(movieSize({ width: 64, height: 48 }, optionsOf({ size: '1080x1920' }))).toEqual({
      width: 1080,
      height: 1920,
    });
    expect(movieSize({ width: 512, height: 768 }, optionsOf({ size: '1080' }))).toEqual({ width: 720, height: 1080 });
  });
});

describe('a picture that is fitted', () => {
  const fitted = async (picture: Picture, width: number, height: number, options: Partial<FitOptions> = {}) => {
    const result = await fitPicture(picture, { width, height }, optionsOf(options));
    return {
      ...result,
      at: (x: number, y: number) => [...result.data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)],
    };
  };
  const grey = plain(20, 20, 200, 200, 200);

  it('has bars of the padding colour where its aspect ratio differs by more than rounding explains', async () => {
    const padded = await fitted(grey, 60, 20, { paddingColour: '#102030' });
    expect([padded.at(0, 10), padded.at(30, 10), padded.at(59, 10)]).toEqual([
      [16, 32, 48],
      [200, 200, 200],
      [16, 32, 48],
    ]);
    const almost = await fitted(plain(100, 100, 200, 200, 200), 101, 100);
    expect(almost.at(0, 50)).toEqual([200, 200, 200]);
    const wider = await fitted(plain(100, 100, 200, 200, 200), 104, 100);
    expect(wider.at(0, 50)).toEqual([0, 0, 0]);
  });

  it('covers the whole size', async () => {
    const { at } = await fitted(grey, 60, 20, { fit: 'cover' });
    expect([at(0, 0), at(59, 19)]).toEqual(Array(2).fill([200, 200, 200]));
  });

  it('is whole over its own darker copy', async () => {
    const { at, data } = await fitted(grey, 60, 20, { fit: 'blur' });
    expect(data.length).toBe(60 * 20 * 3);
    expect([at(0, 10), at(30, 10)]).toEqual([
      [140, 140, 140],
      [200, 200, 200],
    ]);
  });

  it('has no other colours than before if it is pixel art', async () => {
    const colours = ({ data, width, height }: Picture) =>
      new Set(Array.from({ length: width * height }, (_, pixel) => data.subarray(pixel * 3, pixel * 3 + 3).join()));
    const picture = emerging(16, 12, 1);
    expect(colours(await fitted(picture, 64, 48, { scaling: 'nearest' }))).toEqual(colours(picture));
    expect(colours(await fitted(picture, 64, 48)).size).toBeGreaterThan(colours(picture).size);
  });

  it('is never stretched', async () => {
    const shapes = fc.record({ width: fc.integer({ min: 8, max: 90 }), height: fc.integer({ min: 8, max: 90 }) });
    await fc.assert(
      fc.asyncProperty(shapes, shapes, fc.constantFrom('contain', 'blur' as const), async (from, to, fit) => {
        const { at } = await fitted(plain(from.width, from.height, 200, 0, 0), to.width, to.height, { fit });
        const isPicture = (x: number, y: number) => (at(x, y)[0] ?? 0) > 170;
        const [xs, ys] = [
          Array.from({ length: to.width }, (_, x) => x),
          Array.from({ length: to.height }, (_, y) => y),
        ];
        const columns = xs.filter((x) => ys.some((y) => isPicture(x, y))).length;
        const rows = ys.filter((y) => xs.some((x) => isPicture(x, y))).length;
        const scale = Math.min(to.width / from.width, to.height / from.height);
        // A pixel of the picture, where sizes are rounded.
        expect(Math.abs(columns - from.width * scale)).toBeLessThanOrEqual(Math.max(1, scale) + 0.5);
        expect(Math.abs(rows - from.height * scale)).toBeLessThanOrEqual(Math.max(1, scale) + 0.5);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a wrong value', () => {
  it.each([
    { size: '1280x' },
    { size: '1x100' },
    { size: '20000' },
    { size: 'large' },
    { size: 1080.5 },
    { paddingColour: 'reddish' },
    { paddingColour: '#12345' },
    { fit: 'stretch' },
    { minSize: -1 },
  ])('is refused: %j', (options) => {
    expect(animationOptionsSchema.safeParse(options).success).toBe(false);
  });

  it.each([
    ['fff', '#ffffff'],
    ['#1E90FF', '#1e90ff'],
    ['White', '#ffffff'],
  ])('is not %s, which is a colour', (given, colour) => {
    expect(optionsOf({ paddingColour: given }).paddingColour).toBe(colour);
  });
});
