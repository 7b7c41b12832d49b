import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bendWeights, type Surroundings, type Turn } from '#src/movie/in-betweens/bend.js';
import { allocateFrameMemory, padToSimd } from '#src/movie/kernels/frame-memory.js';
import { type MovieSettings, trialSettings } from '#src/movie/messages.js';
import { MovieFile, writeMovie } from '#src/movie/movie-file.js';
import { createTimeline, shownVisits, type TimelineSettings, visitsAround, visitTime } from '#src/movie/timeline.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import type { Picture } from '#src/pictures/picture.js';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** Samples of four sources, as bytes or as words of 10 bits. */
const sources = (max: number) =>
  fc.integer({ min: 1, max: 70 }).chain((count) => {
    const samples = fc.array(fc.integer({ min: 0, max }), { minLength: count, maxLength: count });
    return fc.tuple(samples, samples, samples, samples);
  });

const depths = [
  { words: false, max: 255, unit: 128, fullWeight: 256 },
  { words: true, max: 1023, unit: 32, fullWeight: 1024 },
] as const;

/** Four sources in the memory of the kernels, with room for a bend and a frame. */
function place(pictures: readonly (readonly number[])[], words: boolean) {
  const count = pictures[0]?.length ?? 0;
  const length = words ? count * 2 : count;
  const { kernels, buffers } = allocateFrameMemory([length, length, length, length, length, count * 2, 24]);
  const [a, b, c, d, out, bend, turn] = buffers;
  [a, b, c, d].forEach(({ bytes }, index) => {
    const samples = pictures[index] ?? [];
    bytes.set(words ? new Uint8Array(Uint16Array.from(samples).buffer) : samples);
  });
  const samplesOf = (bytes: Uint8Array) => (words ? [...new Uint16Array(bytes.slice().buffer)] : [...bytes]);
  const addresses = [a.address, b.address, c.address, d.address] as const;
  return { kernels, addresses, out, bend, turn, length: padToSimd(length), samplesOf };
}

const weights = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -8192, max: 8192 }))).map(([a = 0, b = 0, d = 0]) => {
  return [a, b, -a - b - d, d] as const;
});

describe.each(depths)('the kernels of the bend, words: $words', ({ words, max, unit, fullWeight }) => {
  it('measure a turn exactly', () => {
    fc.assert(
      fc.property(sources(max), (pictures) => {
        const { kernels, addresses, turn, length } = place(pictures, words);
        const [a, b, c] = pictures;
        kernels.measureTurn(addresses[0], addresses[1], addresses[2], length, words, turn.address);
        const sum = (f: (i: number) => number) => a.reduce((total, _, i) => total + f(i), 0);
        const first = (i: number) => (b[i] ?? 0) - (a[i] ?? 0);
        const second = (i: number) => (c[i] ?? 0) - (b[i] ?? 0);
        const expected = [sum((i) => first(i) ** 2), sum((i) => second(i) ** 2), sum((i) => first(i) * second(i))];
        expect([...new Float64Array(turn.bytes.slice().buffer)]).toEqual(expected);
      }),
    );
  });

  it('measure a turn of large pictures without an overflow', () => {
    const count = 1 << 20;
    const black = Array.from({ length: count }, () => 0);
    const white = Array.from({ length: count }, () => max);
    const { kernels, addresses, turn, length } = place([black, white, black, white], words);
    kernels.measureTurn(addresses[0], addresses[1], addresses[2], length, words, turn.address);
    const square = max ** 2 * count;
    expect([...new Float64Array(turn.bytes.slice().buffer)]).toEqual([square, square, -square]);
  });

  it('bend by the weighted sum of four sources, as far as samples go', () => {
    fc.assert(
      fc.property(sources(max), weights, (pictures, ofEach) => {
        const { kernels, addresses, bend, length } = place(pictures, words);
        kernels.bendOf(...addresses, bend.address, length, words, ...ofEach);
        const bends = [...new Int16Array(bend.bytes.slice().buffer)];
        for (const [index, value] of bends.entries()) {
          const sum = ofEach.reduce((total, weight, source) => total + weight * (pictures[source]?.[index] ?? 0), 0);
          const exact = (sum / 4096) * unit;
          expect(Math.abs(value - Math.min(Math.max(exact, -32768), 32767))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('do not bend what does not change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max }), weights, (level, ofEach) => {
        const plain = [level, level, level];
        const { kernels, addresses, bend, length } = place([plain, plain, plain, plain], words);
        kernels.bendOf(...addresses, bend.address, length, words, ...ofEach);
        expect([...new Int16Array(bend.bytes.slice().buffer)]).toEqual([0, 0, 0]);
      }),
    );
  });

  const shares = fc.record({
    weight: fc.integer({ min: 0, max: fullWeight }),
    bow: fc.integer({ min: 0, max: 32767 }),
  });
  const kernelsOf = ({ kernels }: ReturnType<typeof place>) =>
    words ? ([kernels.blendBentWords, kernels.blendWords] as const) : ([kernels.blendBent, kernels.blend] as const);

  it('add the bend to the cross-fade, within the levels there are', () => {
    fc.assert(
      fc.property(sources(max), weights, shares, (pictures, ofEach, { weight, bow }) => {
        const placed = place(pictures, words);
        const { kernels, addresses, bend, out, length, samplesOf } = placed;
        const [, b, c] = addresses;
        kernels.bendOf(...addresses, bend.address, length, words, ...ofEach);
        kernelsOf(placed)[0](b, c, bend.address, out.address, length, weight, bow);
        const bends = new Int16Array(bend.bytes.slice().buffer);
        for (const [index, value] of samplesOf(out.bytes).entries()) {
          const [from = 0, to = 0] = [pictures[1][index], pictures[2][index]];
          const exact = from + ((to - from) * weight) / fullWeight + ((bends[index] ?? 0) / unit) * (bow / 32768);
          expect(Math.abs(value - Math.min(Math.max(exact, 0), max))).toBeLessThanOrEqual(0.55);
        }
      }),
    );
  });

  it('make the very frame of the cross-fade where there is no bend', () => {
    fc.assert(
      fc.property(sources(max), shares, (pictures, { weight, bow }) => {
        const placed = place(pictures, words);
        const { addresses, bend, out, length } = placed;
        const [, b, c] = addresses;
        const [blendBent, blend] = kernelsOf(placed);
        blendBent(b, c, bend.address, out.address, length, weight, bow);
        const bent = out.bytes.slice();
        blend(b, c, out.address, length, weight);
        expect(bent).toEqual(out.bytes);
      }),
    );
  });
});

describe('the softened bend', () => {
  it('is the mean of nine samples, 1-2-1 across and down, with the edges repeated', () => {
    const side = fc.integer({ min: 1, max: 20 });
    const plane = fc.tuple(side, side).chain(([width, height]) =>
      fc.record({
        ...{ width: fc.constant(width), height: fc.constant(height) },
        samples: fc.array(fc.integer({ min: -32768, max: 32767 }), {
          minLength: width * height,
          maxLength: width * height,
        }),
      }),
    );
    fc.assert(
      fc.property(plane, ({ width, height, samples }) => {
        const { kernels, buffers } = allocateFrameMemory([samples.length * 2, (2 * width + 32) * 2, 64]);
        const [bend, scratch, after] = buffers;
        bend.bytes.set(new Uint8Array(Int16Array.from(samples).buffer));
        kernels.softenBend(bend.address, width, height, scratch.address);
        const at = (x: number, y: number) =>
          samples[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)] ?? 0;
        for (const [index, value] of new Int16Array(bend.bytes.slice().buffer).entries()) {
          const [x, y] = [index % width, Math.floor(index / width)];
          const rows = [-1, 0, 1].map((i) => (at(x - 1, y + i) + 2 * at(x, y + i) + at(x + 1, y + i)) / 4);
          const [above = 0, here = 0, below = 0] = rows;
          // The halves and quarters are rounded down one by one.
          const difference = (above + 2 * here + below) / 4 - value;
          expect(difference).toBeGreaterThanOrEqual(0);
          expect(difference).toBeLessThan(5);
        }
        expect(after.bytes.every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});

const meanSquare = fc.double({ min: 0, max: 65025, noNaN: true });
const turn: fc.Arbitrary<Turn> = fc
  .record({ before: meanSquare, after: meanSquare, cosine: fc.double({ min: -1, max: 1, noNaN: true }) })
  .map(({ before, after, cosine }) => ({ before, after, product: cosine * Math.sqrt(before * after) }));
const distance = fc.double({ min: 1e-4, max: 10, noNaN: true });
const surroundings: fc.Arbitrary<Surroundings> = fc
  .record({ turns: fc.tuple(turn, turn), distances: fc.tuple(distance, distance, distance) })
  .map(({ turns, distances: [h0, h1, h2] }) => ({ turns, times: [0, h0, h0 + h1, h0 + h1 + h2] }));

describe('the weights of the bend', () => {
  const moderate = fc.double({ min: 0.1, max: 10, noNaN: true });

  it('are those of the cubic through four pictures, 1.3 times, where changes go on at an even speed', () => {
    fc.assert(
      fc.property(moderate, moderate, moderate, (h0, h1, h2) => {
        const times = [0, h0, h0 + h1, h0 + h1 + h2] as const;
        const turnOf = (before: number, after: number): Turn => {
          const [first, second] = [1e5 * before, 1e5 * after];
          return { before: first ** 2, after: second ** 2, product: first * second };
        };
        const [d0, d1, d2] = bendWeights({ times, turns: [turnOf(h0, h1), turnOf(h1, h2)] });
        const half = h0 + h1 / 2;
        // Lagrange's weights of the four pictures halfway, less those of the cross-fade.
        const cubic = times.map((time, index) => {
          const others = times.filter((_, other) => other !== index);
          const weight = others.reduce((product, other) => product * ((half - other) / (time - other)), 1);
          return weight - (index === 1 || index === 2 ? 0.5 : 0);
        });
        const expected = [-d0, d0 - d1, d1 - d2, d2];
        // Weights beyond 2 are limited.
        if (expected.every((weight) => Math.abs(weight) < 1.9)) {
          cubic.forEach((weight, index) => {
            expect(expected[index]).toBeCloseTo(1.3 * weight, 3);
          });
        }
      }),
    );
  });

  it('are 0 where changes have nothing to do with each other', () => {
    fc.assert(
      fc.property(surroundings, fc.double({ min: 0, max: 1, noNaN: true }), ({ times, turns }, opposed) => {
        const news = turns.map(({ before, after }) => ({
          ...{ before, after, product: -opposed * Math.sqrt(before * after) },
        })) as [Turn, Turn];
        expect(bendWeights({ times, turns: news }).every((weight) => weight === 0)).toBe(true);
      }),
    );
  });

  it('are finite and fit the kernel, whatever the times', () => {
    fc.assert(
      fc.property(surroundings, (around) => {
        for (const weight of bendWeights(around)) expect(Math.abs(weight)).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('are the same forwards and backwards, in any unit of time', () => {
    fc.assert(
      fc.property(surroundings, distance, ({ times, turns: [first, second] }, unit) => {
        const same = { ...second, before: first.after };
        const backwards = (at: Turn): Turn => ({ ...at, before: at.after, after: at.before });
        const mirrored = times.map((time) => (times[3] - time) * unit).toReversed() as [number, number, number, number];
        const there = bendWeights({ times, turns: [first, same] });
        const back = bendWeights({ times: mirrored, turns: [backwards(same), backwards(first)] });
        // Backwards, changes have the other sign too.
        back.toReversed().forEach((weight, index) => {
          expect(-weight).toBeCloseTo(there[index] ?? 0, 6);
        });
      }),
    );
  });
});

describe('the visits around an interval', () => {
  const settings: TimelineSettings = {
    ...{ duration: 2, fps: 10, interpolation: 'smooth', loop: 'none' },
    ...{ firstFrameDuration: 0, lastFrameDuration: 0 },
  };
  const around = (timeline: ReturnType<typeof createTimeline>, from: number, shown = shownVisits(timeline)) => {
    const { before, after } = visitsAround(timeline, shown, { from, to: from + 1 });
    return [before, after];
  };

  it('end where the way does: at the ends, at an opening hold, and where a loop turns', () => {
    const plain = createTimeline(5, settings);
    expect([0, 1, 2, 3].map((from) => around(plain, from))).toEqual([
      [undefined, 2],
      [0, 3],
      [1, 4],
      [2, undefined],
    ]);
    const held = createTimeline(4, { ...settings, firstFrameDuration: 1 });
    expect(around(held, 1)).toEqual([undefined, 3]);
    // Sources 2, 1, 0, 1, 2.
    const loop = createTimeline(3, { ...settings, loop: 'boomerang' });
    expect([0, 1, 2, 3].map((from) => around(loop, from))).toEqual([
      [undefined, 2],
      [0, undefined],
      [undefined, 4],
      [2, undefined],
    ]);
  });

  it('leave out a finished image that differs from the steps', () => {
    const fading = createTimeline(5, { ...settings, finishFade: 0.4 });
    expect(around(fading, 2)).toEqual([1, undefined]);
    expect(around(fading, 3)[1]).toBeUndefined();
  });

  it('are the next ones that are shown', () => {
    const timeline = createTimeline(6, settings);
    expect(around(timeline, 2, new Set([0, 2, 3, 5]))).toEqual([0, 5]);
  });

  it('have the times of their sources', () => {
    const times = [0, 0.2, 0.7, 1];
    const timesOf = (timeline: ReturnType<typeof createTimeline>, offset = 0) =>
      times.map((_, visit) => visitTime(timeline, visit + offset));
    expect(timesOf(createTimeline(4, settings, times))).toEqual(times);
    expect(timesOf(createTimeline(4, { ...settings, firstFrameDuration: 1 }, times), 1)).toEqual(times);
    expect(timesOf(createTimeline(4, settings))).toEqual([0, 1, 2, 3]);
  });
});

const size = { width: 24, height: 16 };

/** Grey waves that grow at a rate that falls, by the time from 0 to 1. */
function developed(time: number): Picture {
  const growth = 1 - Math.exp(-4 * time);
  const data = Uint8Array.from({ length: size.width * size.height * 3 }, (_, index) => {
    return Math.round(128 + 110 * Math.sin(Math.floor(index / 3) / 3) * growth);
  });
  return { ...size, data };
}

/** Pictures of which each is news. */
function news(step: number): Picture {
  let state = step * 7919 + 1;
  const data = Uint8Array.from({ length: size.width * size.height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { ...size, data };
}

const options = animationOptionsSchema.parse({ fps: 10, codec: 'apng' });
const plain: MovieSettings = { ...trialSettings(options, size), interpolation: 'smooth', duration: 1.3, sources: 7 };

async function framesOf(pictures: readonly Picture[], settings: Partial<MovieSettings> = {}): Promise<Picture[]> {
  const folder = await temporaryFolder();
  const all = pictures.map((picture) => ({ type: 'picture', picture }) as const);
  const { path } = await writeMovie({ folder, stem: 'm' }, { ...plain, sources: all.length, ...settings }, all);
  return await decodeMovie(path);
}

const squaredError = (a: Picture | undefined, b: Picture) =>
  b.data.reduce((sum, value, index) => sum + (value - (a?.data[index] ?? 0)) ** 2, 0);

describe('a movie on a smooth way', () => {
  // 13 frames: every second one is a source.
  const seven = Array.from({ length: 7 }, (_, step) => developed(step / 6));

  it('has exactly its pictures at their times', async () => {
    for (const pictures of [seven, seven.map((_, step) => news(step))]) {
      const frames = await framesOf(pictures);
      expect(frames.filter((_, frame) => frame % 2 === 0)).toEqual(pictures);
    }
  });

  it('comes nearer to a steady development than a cross-fade', async () => {
    const [smooth, faded] = [await framesOf(seven), await framesOf(seven, { interpolation: 'blend' })];
    const errorOf = (frames: Picture[]) =>
      [3, 5, 7, 9].reduce((sum, frame) => sum + squaredError(frames[frame], developed(frame / 12)), 0);
    expect(errorOf(smooth)).toBeLessThan(0.4 * errorOf(faded));
  });

  it('is the cross-fade where each picture is news, at the ends, and with a palette', async () => {
    const pictures = seven.map((_, step) => news(step));
    expect(await framesOf(pictures)).toEqual(await framesOf(pictures, { interpolation: 'blend' }));
    const [smooth, faded] = [await framesOf(seven), await framesOf(seven, { interpolation: 'blend' })];
    expect([smooth[1], smooth[11]]).toEqual([faded[1], faded[11]]);
    expect(smooth[5]).not.toEqual(faded[5]);
    expect(await framesOf(seven, { codec: 'gif' })).toEqual(
      await framesOf(seven, { codec: 'gif', interpolation: 'blend' }),
    );
  });

  it('is the same backwards and forwards in a loop', async () => {
    const frames = await framesOf(seven, { loop: 'boomerang', duration: 4.8 });
    expect(frames).toHaveLength(48);
    // The first frame follows the finished image, which is the last one.
    for (let frame = 0; frame < 47; frame++) expect(frames[frame]).toEqual(frames[46 - frame]);
  });

  it('follows uneven times', async () => {
    // Most of the change is in the first steps, which get most of the time.
    const times = [0, 0.3, 0.5, 0.65, 0.8, 0.9, 1];
    const pictures = times.map((time) => developed(time));
    const settings = { pacing: 'even', duration: 4 } as const;
    const [smooth, faded] = [
      await framesOf(pictures, settings),
      await framesOf(pictures, { ...settings, interpolation: 'blend' }),
    ];
    // At an even pace, the way is straight: what is left is rounding.
    const truth = (frame: number) => developed(-Math.log(1 - (frame / 39) * (1 - Math.exp(-4))) / 4);
    const sum = (frames: Picture[]) => frames.reduce((total, picture, n) => total + squaredError(picture, truth(n)), 0);
    expect(sum(smooth)).toBeLessThan(1.3 * sum(faded));
  });

  it('is the same live and afterwards', async () => {
    const folder = await temporaryFolder();
    await using movie = await MovieFile.openLive({ folder, stem: 'live' }, plain, 100);
    for (const picture of seven) await movie.add(picture);
    const { path } = await movie.close();
    expect(await decodeMovie(path)).toEqual(await framesOf(seven));
  });

  it('waits for one picture more, not for two', async () => {
    const folder = await temporaryFolder();
    await using movie = await MovieFile.openLive({ folder, stem: 'live' }, plain, 100);
    const frames: number[] = [];
    for (const picture of seven) {
      await movie.add(picture);
      frames.push(movie.progress.frame);
    }
    expect(frames).toEqual([1, 3, 3, 5, 7, 9, 13]);
    await movie.close();
  });

  it.each(['x264', 'prores_ks'] as const)('is there as %s', async (codec) => {
    const [smooth, faded] = [
      await framesOf(seven, { codec, encoderSettings: codec === 'x264' ? 'crf=1' : 'tuned' }),
      await framesOf(seven, {
        ...{ codec, interpolation: 'blend', encoderSettings: codec === 'x264' ? 'crf=1' : 'tuned' },
      }),
    ];
    const truth = developed(5 / 12);
    expect(squaredError(smooth[5], truth)).toBeLessThan(0.8 * squaredError(faded[5], truth));
  });
});
