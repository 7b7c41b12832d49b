import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { composeGrid, describeDifferences, planGrid } from '#src/pictures/grid.js';
import { readPictures, sideBySide } from '#src/pictures/picture-source.js';
import { plain } from '../helpers/pictures.js';

/** Options that leave the pictures as large as they are. */
const natural = animationOptionsSchema.parse({ minSize: 0 });
const infotext = (prompt: string, seed: number, scale: number) =>
  `${prompt}\nSteps: 20, Sampler: Euler, CFG scale: ${scale}, Seed: ${seed}`;

describe('a grid', () => {
  it.each([
    [1, 1, 1],
    [4, 4, 1],
    [5, 3, 2],
    [9, 3, 3],
    [10, 4, 3],
  ])('of %i pictures has %i columns and %i rows', (count, columns, rows) => {
    const layout = planGrid({ width: 100, height: 50 }, Array(count).fill(''), natural);
    expect(layout).toMatchObject({ columns, width: columns * 100, height: rows * 50, labelHeight: 0 });
  });

  it('has labels where there are any, of at least 16 pixels', () => {
    expect(planGrid({ width: 64, height: 64 }, ['a', ''], natural)).toMatchObject({
      labelHeight: 16,
      width: 128,
      height: 80,
    });
    expect(planGrid({ width: 512, height: 512 }, ['a', 'b'], natural).labelHeight).toBe(32);
  });

  it('has larger pictures in a larger movie', () => {
    const options = animationOptionsSchema.parse({ size: '1000x1000' });
    expect(planGrid({ width: 64, height: 64 }, ['a', 'b'], options)).toMatchObject({ width: 1000, labelHeight: 31 });
    expect(planGrid({ width: 64, height: 64 }, ['', ''], animationOptionsSchema.parse({ minSize: 512 }))).toMatchObject(
      {
        width: 512,
      },
    );
  });

  it('is at most 3840 pixels wide and high', () => {
    const layout = planGrid({ width: 2000, height: 1000 }, ['', ''], natural);
    expect(layout).toMatchObject({ width: 3840, cell: { width: 1920, height: 960 } });
  });

  it('shows each picture in its cell, and its label below it', async () => {
    const layout = planGrid({ width: 20, height: 20 }, ['seed 1', 'seed 2'], natural);
    const { width, height, data } = await composeGrid(layout, [plain(20, 20, 255, 0, 0), plain(20, 20, 0, 0, 255)]);
    expect([width, height]).toEqual([40, 36]);
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    expect([at(10, 10), at(30, 10)]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
    ]);
    const labels = Array.from({ length: 40 * 16 }, (_, index) => at(index % 40, 20 + Math.floor(index / 40)));
    expect(labels.some(([red = 0]) => red > 150)).toBe(true);
  });
});

describe('labels', () => {
  it('name the settings that differ, and nothing else', () => {
    expect(describeDifferences([infotext('a cat', 1, 7), infotext('a cat', 2, 7)])).toEqual(['seed 1', 'seed 2']);
    expect(describeDifferences([infotext('a cat', 1, 7), infotext('a dog', 1, 5)])).toEqual([
      'CFG scale 7, a cat',
      'CFG scale 5, a dog',
    ]);
    expect(describeDifferences([infotext('a cat', 1, 7), infotext('a cat', 1, 7)])).toEqual(['', '']);
  });
});

describe('sequences side by side', () => {
  it('start and end together, whatever their lengths', async () => {
    const greys = (...levels: number[]) =>
      levels.map((level) => ({ type: 'picture', picture: plain(4, 4, level, level, level) }) as const);
    const sequences = [
      { infotext: '', pictures: greys(0, 50, 100, 150, 200) },
      { infotext: '', pictures: greys(10, 20, 30) },
    ];
    const { sources } = sideBySide(sequences, { width: 4, height: 4 }, natural);
    const shown: number[][] = [];
    for await (const { data } of readPictures(sources)) shown.push([data[0] ?? 0, data[4 * 3] ?? 0]);
    expect(shown).toEqual([
      [0, 10],
      [50, 20],
      [100, 20],
      [150, 30],
      [200, 30],
    ]);
  });
});
