import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateFrameMemory, padToSimd } from '#src/movie/kernels/frame-memory.js';
import type { Picture } from '#src/pictures/picture.js';
import { fromPlanes } from '../helpers/movies.js';
import { plain } from '../helpers/pictures.js';

function planesOf(
  { width, height, data }: Picture,
  kernel: 'rgbToYuv420' | 'rgbToSharpYuv420' = 'rgbToYuv420',
): Uint8Array {
  const size = ((width + (width % 2)) * (height + (height % 2)) * 3) / 2;
  const { kernels, buffers } = allocateFrameMemory([data.length, size]);
  const [rgb, planes] = buffers;
  rgb.bytes.set(data);
  kernels[kernel](rgb.address, planes.address, width, height);
  return planes.bytes;
}

describe('blend', () => {
  it('is the weighted mean, rounded, at every weight and length', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 256 }), fc.integer(), (a, weight, seed) => {
        const b = a.map((value, index) => (value * 31 + index * 17 + seed) & 255);
        const { kernels, buffers } = allocateFrameMemory([a.length, a.length, a.length]);
        const [first, second, out] = buffers;
        first.bytes.set(a);
        second.bytes.set(b);
        kernels.blend(first.address, second.address, out.address, padToSimd(a.length), weight);
        const expected = a.map((value, index) => (value * (256 - weight) + (b[index] ?? 0) * weight + 128) >> 8);
        expect(out.bytes).toEqual(expected);
      }),
    );
  });

  it('gives exactly the sources at both ends', () => {
    const { kernels, buffers } = allocateFrameMemory([256, 256, 256]);
    const [a, b, out] = buffers;
    a.bytes.set(Array.from({ length: 256 }, (_, value) => value));
    b.bytes.fill(77);
    kernels.blend(a.address, b.address, out.address, 256, 0);
    expect(out.bytes).toEqual(a.bytes);
    kernels.blend(a.address, b.address, out.address, 256, 256);
    expect(out.bytes).toEqual(b.bytes);
  });
});

describe('conversion to planes', () => {
  it('comes back within rounding for every plain colour', () => {
    const channel = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(channel, channel, channel, (red, green, blue) => {
        const back = fromPlanes(planesOf(plain(4, 4, red, green, blue)), 4, 4);
        [red, green, blue].forEach((value, index) => {
          expect(Math.abs((back.data[index] ?? 0) - value)).toBeLessThanOrEqual(2);
        });
      }),
    );
  });

  it('uses the limited range of BT.709', () => {
    expect([...planesOf(plain(2, 2, 255, 255, 255))]).toEqual([235, 235, 235, 235, 128, 128]);
    expect([...planesOf(plain(2, 2, 0, 0, 0))]).toEqual([16, 16, 16, 16, 128, 128]);
    // Poynton, Digital Video and HD, table of 100 % colour bars: red
    expect([...planesOf(plain(2, 2, 255, 0, 0))]).toEqual([63, 63, 63, 63, 102, 240]);
  });

  it('is the same for a pixel wherever it lies in a picture of any width', () => {
    const rows = fc.uint8Array({ minLength: 6, maxLength: 90 });
    fc.assert(
      fc.property(rows, (bytes) => {
        const width = Math.floor(bytes.length / 3);
        const planes = planesOf({ width, height: 1, data: bytes.slice(0, width * 3) });
        for (let x = 0; x < width; x++) {
          const [red, green, blue] = bytes.slice(x * 3, x * 3 + 3);
          expect(planes[x]).toBe(planesOf(plain(1, 1, red ?? 0, green ?? 0, blue ?? 0))[0]);
        }
      }),
    );
  });

  it('repeats the last row and column of odd pictures', () => {
    const picture = plain(3, 3, 10, 200, 90);
    const even = planesOf(plain(4, 4, 10, 200, 90));
    expect(planesOf(picture)).toEqual(even);
  });
});

describe('the kernels for 10 bits and packed pixels', () => {
  const words = fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 60 });

  it('blend words as the weighted mean, rounded', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 0, max: 1024 }), fc.integer({ min: 0, max: 1023 }), (a, weight, salt) => {
        const b = a.map((value, index) => (value * 7 + index * 31 + salt) % 1024);
        const length = a.length * 2;
        const { kernels, buffers } = allocateFrameMemory([length, length, length]);
        const [first, second, out] = buffers;
        first.bytes.set(new Uint8Array(Uint16Array.from(a).buffer));
        second.bytes.set(new Uint8Array(Uint16Array.from(b).buffer));
        kernels.blendWords(first.address, second.address, out.address, padToSimd(length), weight);
        const expected = a.map((value, index) => (value * (1024 - weight) + (b[index] ?? 0) * weight + 512) >> 10);
        expect([...new Uint16Array(out.bytes.slice().buffer)]).toEqual(expected);
      }),
    );
  });

  it('sum absolute differences exactly, of large buffers too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(255), (a, salt) => {
        const b = a.map((value, index) => value * 3 + index + salt);
        const { kernels, buffers } = allocateFrameMemory([a.length, a.length]);
        const [first, second] = buffers;
        first.bytes.set(a);
        second.bytes.set(b);
        const expected = a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0);
        expect(kernels.absoluteDifference(first.address, second.address, padToSimd(a.length))).toBe(expected);
      }),
    );
    const size = 3 * 4096 * 4096;
    const { kernels, buffers } = allocateFrameMemory([size, size]);
    buffers[0].bytes.fill(255);
    expect(kernels.absoluteDifference(buffers[0].address, buffers[1].address, size)).toBe(255 * size);
  });

  it('convert plain colours to 10-bit planes with a chroma sample for each row', () => {
    const channel = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(channel, channel, channel, (red, green, blue) => {
        const [width, height] = [5, 3];
        const picture = plain(width, height, red, green, blue);
        const samples = 6 * 4 + 2 * 3 * 4;
        const { kernels, buffers } = allocateFrameMemory([picture.data.length, samples * 2]);
        const [rgb, planes] = buffers;
        rgb.bytes.set(picture.data);
        kernels.rgbToYuv422(rgb.address, planes.address, width, height);
        const values = new Uint16Array(planes.bytes.slice().buffer);
        const luma = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
        const [u, v] = [(blue / 255 - luma) / 1.8556, (red / 255 - luma) / 1.5748];
        const expected = [64 + 876 * luma, 512 + 896 * u, 512 + 896 * v];
        const actual = [values.subarray(0, 24), values.subarray(24, 36), values.subarray(36)];
        for (const [plane, wanted] of expected.entries()) {
          for (const value of actual[plane] ?? []) expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('pack planes as red, green, blue, and as blue, green, red and opaque', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 150 }), (bytes) => {
        const pixels = Math.floor(bytes.length / 3);
        const picture = bytes.slice(0, pixels * 3);
        const { kernels, buffers } = allocateFrameMemory([pixels * 3, pixels * 3, pixels * 3, pixels * 4]);
        const [rgb, planes, packed, bgra] = buffers;
        rgb.bytes.set(picture);
        kernels.rgbToPlanes(rgb.address, planes.address, pixels, 1);
        kernels.planesToRgb(planes.address, packed.address, pixels);
        kernels.planesToBgra(planes.address, bgra.address, pixels);
        expect(packed.bytes).toEqual(picture);
        const expected = Array.from({ length: pixels }, (_, pixel) => {
          const [red = 0, green = 0, blue = 0] = picture.subarray(pixel * 3);
          return [blue, green, red, 255];
        });
        expect([...bgra.bytes]).toEqual(expected.flat());
      }),
    );
  });
});

describe('reduction to a palette', () => {
  function dither(picture: Picture, colours: readonly (readonly [number, number, number])[]): Picture {
    const { width, height, data } = picture;
    const sizes = [data.length, data.length, width * height, 1024, 2 ** 18, 2 * (width + 2) * 12] as const;
    const { kernels, buffers } = allocateFrameMemory(sizes);
    const [rgb, planes, out, palette, lookup, errors] = buffers;
    for (const [index, [red, green, blue]] of colours.entries()) palette.bytes.set([blue, green, red, 255], index * 4);
    rgb.bytes.set(data);
    kernels.rgbToPlanes(rgb.address, planes.address, width, height);
    kernels.fillPaletteLookup(palette.address, lookup.address);
    kernels.ditherPlanes(planes.address, out.address, width, height, palette.address, lookup.address, errors.address);
    return { width, height, data: Uint8Array.from([...out.bytes].flatMap((index) => colours[index] ?? [0, 0, 0])) };
  }

  it('keeps the colours of the palette as they are', () => {
    const colours = [
      [0, 0, 0],
      [255, 255, 255],
      [200, 30, 30],
    ] as const;
    for (const [red, green, blue] of colours) {
      const picture = plain(9, 7, red, green, blue);
      expect(dither(picture, colours)).toEqual(picture);
    }
  });

  it('keeps the mean of every grey between black and white', () => {
    const colours = [
      [0, 0, 0],
      [255, 255, 255],
    ] as const;
    fc.assert(
      fc.property(fc.nat(255), (grey) => {
        const { data } = dither(plain(64, 64, grey, grey, grey), colours);
        const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
        expect(Math.abs(mean - grey)).toBeLessThan(4);
      }),
    );
  });
});

describe('sharp conversion to planes', () => {
  const channel = fc.integer({ min: 0, max: 255 });

  it('is that of every other picture where nothing has edges', () => {
    fc.assert(
      fc.property(channel, channel, channel, fc.constantFrom(2, 3, 4, 5), (red, green, blue, side) => {
        const picture = plain(side, side, red, green, blue);
        const [sharp, usual] = [planesOf(picture, 'rgbToSharpYuv420'), planesOf(picture)];
        sharp.forEach((level, index) => void expect(Math.abs(level - (usual[index] ?? 0))).toBeLessThanOrEqual(1));
      }),
    );
  });

  it('comes back nearer to pictures with edges', () => {
    const error = (picture: Picture, kernel: 'rgbToYuv420' | 'rgbToSharpYuv420') => {
      const back = fromPlanes(planesOf(picture, kernel), picture.width, picture.height);
      return back.data.reduce((sum, level, index) => sum + (level - (picture.data[index] ?? 0)) ** 2, 0);
    };
    const colours = fc.uint8Array({ minLength: 6, maxLength: 6 });
    const edges = fc.sample(fc.tuple(colours, fc.integer({ min: 1, max: 7 })), { numRuns: 300, seed: 1 });
    let [sharp, usual] = [0, 0];
    for (const [both, edge] of edges) {
      const data = Uint8Array.from({ length: 8 * 8 * 3 }, (_, index) => {
        const side = Math.floor(index / 3) % 8 < edge ? 0 : 3;
        return both[side + (index % 3)] ?? 0;
      });
      const picture = { width: 8, height: 8, data };
      const [one, other] = [error(picture, 'rgbToSharpYuv420'), error(picture, 'rgbToYuv420')];
      sharp += one;
      usual += other;
    }
    expect(sharp).toBeLessThan(0.7 * usual);
  });

  it('leaves no purple at the edge of a red thing on white', () => {
    const data = new Uint8Array(8 * 8 * 3).fill(255);
    for (let pixel = 0; pixel < 64; pixel++) if (pixel % 8 < 3) data.set([225, 30, 20], pixel * 3);
    const worst = (kernel: 'rgbToYuv420' | 'rgbToSharpYuv420') => {
      const back = fromPlanes(planesOf({ width: 8, height: 8, data }, kernel), 8, 8);
      return Math.max(...back.data.map((level, index) => Math.abs(level - (data[index] ?? 0))));
    };
    expect(worst('rgbToSharpYuv420')).toBeLessThan(worst('rgbToYuv420'));
  });
});
