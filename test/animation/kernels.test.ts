import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateFrameMemory, padToSimd } from '#dist/animation/kernels/frame-memory.js';
import type { Picture } from '#dist/animation/picture.js';
import { fromPlanes } from '../helpers/movies.js';
import { plain } from '../helpers/pictures.js';

function planesOf({ width, height, data }: Picture): Uint8Array {
  const size = ((width + (width % 2)) * (height + (height % 2)) * 3) / 2;
  const { kernels, buffers } = allocateFrameMemory([data.length, size]);
  const [rgb, planes] = buffers;
  rgb.bytes.set(data);
  kernels.rgbToYuv420(rgb.address, planes.address, width, height);
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
