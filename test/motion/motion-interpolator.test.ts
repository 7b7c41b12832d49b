import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MotionInterpolator } from '#src/motion/motion-interpolator.js';
import { type PlanarLayout, pictureBytes, planesOf, sampleBytes } from '#src/motion/planar-layout.js';

const layouts = fc.record({
  width: fc.integer({ min: 16, max: 90 }),
  height: fc.integer({ min: 16, max: 90 }),
  chroma: fc.constantFrom('420' as const, '422' as const, '444' as const),
  depth: fc.constantFrom(8 as const, 10 as const),
});

/** A picture that is `value(x, y)` (0 to 1) in every plane; x and y are in pixels. */
function draw(layout: PlanarLayout, value: (x: number, y: number) => number): Uint8Array {
  const picture = new Uint8Array(pictureBytes(layout));
  const highest = 2 ** layout.depth - 1;
  for (const { width, height, scaleX, scaleY, offset } of planesOf(layout)) {
    const samples = width * height;
    const plane =
      sampleBytes(layout) === 1
        ? picture.subarray(offset, offset + samples)
        : new Uint16Array(picture.buffer, offset, samples);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) plane[y * width + x] = Math.round(highest * value(x * scaleX, y * scaleY));
    }
  }
  return picture;
}

/** A pattern with detail in every direction that does not repeat within the sizes used here. */
function pattern(x: number, y: number): number {
  const waves = Math.sin(x / 5.3 + Math.sin(y / 11)) + Math.sin(y / 4.1 + Math.sin(x / 7)) + Math.sin((x + y) / 13);
  return 0.5 + waves / 8;
}

function noise(layout: PlanarLayout, seed: number): Uint8Array {
  return draw(layout, (x, y) => {
    const value = Math.sin(x * 12.9898 + y * 78.233 + seed) * 43758.5453;
    return value - Math.floor(value);
  });
}

/** The frames at `weights` between a and b, made by `threads` threads. */
async function framesBetween(
  layout: PlanarLayout,
  [a, b]: readonly [Uint8Array, Uint8Array],
  weights: readonly number[],
  threads = 1,
): Promise<Uint8Array[]> {
  await using interpolator = await MotionInterpolator.open(layout, threads);
  await interpolator.setPair(a, b);
  const frames = weights.map(() => new Uint8Array(a.length));
  await Promise.all(frames.map((frame, index) => interpolator.frame(weights[index] ?? 0, frame)));
  return frames;
}

/** Mean squared difference of luma, 8 bits. */
function meanSquare({ width, height }: PlanarLayout, a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < width * height; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return sum / (width * height);
}

describe('a frame between two pictures', () => {
  it('is the first picture at 0 and the second at 1, in every layout', async () => {
    await fc.assert(
      fc.asyncProperty(layouts, fc.integer(), async (layout, seed) => {
        const pair = [noise(layout, seed), noise(layout, seed + 1)] as const;
        expect(await framesBetween(layout, pair, [0, 1])).toEqual(pair);
      }),
      { numRuns: 20 },
    );
  });

  it('is the picture itself when both are the same', async () => {
    await fc.assert(
      fc.asyncProperty(layouts, fc.double({ min: 0, max: 1, noNaN: true }), async (layout, weight) => {
        const picture = noise(layout, 3);
        const [frame] = await framesBetween(layout, [picture, picture], [weight]);
        expect(frame).toEqual(picture);
      }),
      { numRuns: 20 },
    );
  });

  it('is the same whatever the number of threads', async () => {
    await fc.assert(
      fc.asyncProperty(layouts, fc.integer({ min: 2, max: 5 }), async (layout, threads) => {
        const pair = [draw(layout, pattern), draw(layout, (x, y) => pattern(x - 3.5, y + 2))] as const;
        const weights = [0.25, 0.5, 0.8];
        const one = await framesBetween(layout, pair, weights);
        expect(await framesBetween(layout, pair, weights, threads)).toEqual(one);
      }),
      { numRuns: 15 },
    );
  });

  it('is told from change in place: of a pair of pictures that move, motion explains all', async () => {
    const layout = { width: 96, height: 64, chroma: '420', depth: 8 } as const;
    await using interpolator = await MotionInterpolator.open(layout, 2);
    const still = draw(layout, pattern);
    expect(
      await interpolator.setPair(
        still,
        draw(layout, (x, y) => pattern(x - 2, y + 1)),
      ),
    ).toBe(1);
    const paler = draw(layout, (x, y) => 0.5 + (pattern(x, y) - 0.5) / 3);
    expect(await interpolator.setPair(still, paler)).toBe(0);
  });

  it('never leaves the range between black and white, and of the pair where nothing moves', async () => {
    await fc.assert(
      fc.asyncProperty(layouts, fc.integer(), async (layout, seed) => {
        const dark = draw(layout, () => 0.1);
        const bright = draw(layout, () => 0.9);
        const [frame] = await framesBetween(layout, [dark, bright], [0.5]);
        expect(frame).toEqual(draw(layout, () => 0.5));
        const [wild] = await framesBetween(layout, [noise(layout, seed), noise(layout, seed + 7)], [0.5]);
        if (layout.depth === 10 && wild) expect(Math.max(...new Uint16Array(wild.buffer))).toBeLessThan(1024);
      }),
      { numRuns: 20 },
    );
  });
});

describe('motion', () => {
  const layout: PlanarLayout = { width: 160, height: 120, chroma: '420', depth: 8 };

  it('is followed, at every weight, by moving details along it', async () => {
    const speed = fc.double({ min: -10, max: 10, noNaN: true });
    await fc.assert(
      fc.asyncProperty(speed, speed, fc.double({ min: 0.1, max: 0.9, noNaN: true }), async (dx, dy, weight) => {
        fc.pre(Math.hypot(dx, dy) > 1.5);
        const at = (part: number) => draw(layout, (x, y) => pattern(x - dx * part, y - dy * part));
        const [frame] = await framesBetween(layout, [at(0), at(1)], [weight]);
        const faded = draw(layout, (x, y) => (1 - weight) * pattern(x, y) + weight * pattern(x - dx, y - dy));
        const truth = at(weight);
        // Of what a cross-fade does wrong, a quarter at most is left, or too little to be seen.
        const most = Math.max(meanSquare(layout, faded, truth) / 4, 1);
        expect(meanSquare(layout, frame ?? faded, truth)).toBeLessThan(most);
      }),
      { numRuns: 30 },
    );
  });

  it('is found in 10 bits and in every chroma format as in 8 bits', async () => {
    for (const chroma of ['420', '422', '444'] as const) {
      const pictures = (depth: 8 | 10, part: number) =>
        draw({ ...layout, chroma, depth }, (x, y) => pattern(x - 6 * part, y + 4 * part));
      for (const depth of [8, 10] as const) {
        const pair = [pictures(depth, 0), pictures(depth, 1)] as const;
        const [frame = new Uint8Array()] = await framesBetween({ ...layout, chroma, depth }, pair, [0.5]);
        const truth = pictures(depth, 0.5);
        const samples = (bytes: Uint8Array) => (depth === 8 ? bytes : new Uint16Array(bytes.buffer));
        const errors = Array.from(samples(frame), (value, index) => value - (samples(truth)[index] ?? 0));
        const error = errors.reduce((sum, value) => sum + value * value, 0) / errors.length / 4 ** (depth - 8);
        expect(error).toBeLessThan(12);
      }
    }
  });

  it('that is not there makes a cross-fade: what appears does not move', async () => {
    const empty = draw(layout, () => 0.5);
    const full = draw(layout, pattern);
    const [frame = empty] = await framesBetween(layout, [empty, full], [0.5]);
    const faded = draw(layout, (x, y) => (0.5 + pattern(x, y)) / 2);
    expect(meanSquare(layout, frame, faded)).toBeLessThan(1);
  });

  it('changes a frame little by little', async () => {
    const pair = [draw(layout, pattern), draw(layout, (x, y) => pattern(x - 7, y - 3))] as const;
    const weights = Array.from({ length: 33 }, (_, index) => index / 32);
    const frames = await framesBetween(layout, pair, weights);
    const steps = frames.slice(1).map((frame, index) => meanSquare(layout, frame, frames[index] ?? frame));
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    expect(Math.max(...steps)).toBeLessThan(2.5 * mean);
  });
});

describe('an interpolator', () => {
  it('takes pair after pair, with frames asked for before they are ready', async () => {
    const layout: PlanarLayout = { width: 40, height: 31, chroma: '420', depth: 8 };
    const pictures = [0, 1, 2, 3].map((step) => draw(layout, (x, y) => pattern(x - 2 * step, y + step)));
    await using interpolator = await MotionInterpolator.open(layout, 2);
    const asked = pictures.slice(1).flatMap((b, index) => {
      const a = pictures[index] ?? b;
      interpolator.setPair(a, b);
      return [0, 0.3, 0.6, 1].map(async (weight) => {
        const out = new Uint8Array(a.length);
        await interpolator.frame(weight, out);
        const [alone] = await framesBetween(layout, [a, b], [weight]);
        expect(out).toEqual(alone);
      });
    });
    await Promise.all(asked);
  });

  it('works with pictures 4096 wide', async () => {
    const layout: PlanarLayout = { width: 4096, height: 64, chroma: '444', depth: 8 };
    const at = (part: number) => draw(layout, (x, y) => pattern(x - 12 * part, y));
    const [frame = at(0)] = await framesBetween(layout, [at(0), at(1)], [0.5], 2);
    expect(meanSquare(layout, frame, at(0.5))).toBeLessThan(12);
  });

  it('does not keep a program alive that has forgotten to close it', () => {
    const module = new URL('../../dist/motion/motion-interpolator.js', import.meta.url).href;
    const program = `
      import { MotionInterpolator } from '${module}';
      const interpolator = await MotionInterpolator.open({ width: 32, height: 32, chroma: '420', depth: 8 }, 2);
      await interpolator.setPair(new Uint8Array(1536), new Uint8Array(1536).fill(200));
      const out = new Uint8Array(1536);
      await interpolator.frame(0.5, out);
      console.log(out[0]);`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect([status, stdout.trim()]).toEqual([0, '100']);
  });

  it('refuses what it cannot do, and says why', async () => {
    const layout: PlanarLayout = { width: 16, height: 16, chroma: '420', depth: 8 };
    await expect(MotionInterpolator.open({ ...layout, width: 15 })).rejects.toThrow(/too small/);
    await expect(MotionInterpolator.open({ ...layout, width: 30000, height: 30000 })).rejects.toThrow(/too large/);
    await using interpolator = await MotionInterpolator.open(layout, 1);
    await expect(interpolator.setPair(new Uint8Array(3), new Uint8Array(3))).rejects.toThrow(/bytes/);
    await expect(interpolator.frame(0.5, new Uint8Array(3))).rejects.toThrow(/bytes/);
  });

  it('refuses the frames that were not ready when it is closed', async () => {
    const layout: PlanarLayout = { width: 64, height: 64, chroma: '420', depth: 8 };
    const interpolator = await MotionInterpolator.open(layout, 1);
    const pair = interpolator.setPair(noise(layout, 1), noise(layout, 2));
    const frame = interpolator.frame(0.5, noise(layout, 1));
    const refused = Promise.all([expect(pair).rejects.toThrow(), expect(frame).rejects.toThrow()]);
    await interpolator[Symbol.asyncDispose]();
    await refused;
  });
});
