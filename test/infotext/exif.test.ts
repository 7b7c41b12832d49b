import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readExifComment } from '#src/infotext/exif.js';

const infotext = 'ein Äpfelchen 🍎\nSteps: 5, Sampler: Euler a, Seed: 42';

describe('readExifComment', () => {
  it.each([true, false])('reads what web UIs write (big-endian: %s)', (bigEndian) => {
    expect(readExifComment(exifWithComment(unicodeComment(), bigEndian))).toBe(infotext);
  });

  it('reads what comes through an image file', async () => {
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
    const jpeg = await image
      .withExif({ IFD2: { UserComment: 'a red apple' } })
      .jpeg()
      .toBuffer();
    const { exif } = await sharp(jpeg).metadata();
    expect(exif && readExifComment(exif)).toBe('a red apple');
  });

  it('finds nothing in damaged data', () => {
    const whole = exifWithComment(unicodeComment(), true);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        const comment = readExifComment(damaged.subarray(0, length));
        return comment === undefined || typeof comment === 'string';
      }),
    );
    expect(readExifComment(Buffer.alloc(0))).toBeUndefined();
  });
});

function unicodeComment(): Buffer {
  return Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(infotext, 'utf16le').swap16()]);
}

/** EXIF data with one folder that points to another, which points to the comment. */
function exifWithComment(comment: Buffer, bigEndian: boolean): Buffer {
  const tiff = Buffer.alloc(44);
  const uint16 = (value: number, at: number) =>
    bigEndian ? tiff.writeUInt16BE(value, at) : tiff.writeUInt16LE(value, at);
  const uint32 = (value: number, at: number) =>
    bigEndian ? tiff.writeUInt32BE(value, at) : tiff.writeUInt32LE(value, at);
  const folderWithEntry = (at: number, tag: number, type: number, count: number, value: number) => {
    uint16(1, at);
    uint16(tag, at + 2);
    uint16(type, at + 4);
    uint32(count, at + 6);
    uint32(value, at + 10);
  };
  tiff.write(bigEndian ? 'MM' : 'II');
  uint16(42, 2);
  uint32(8, 4);
  folderWithEntry(8, 0x8769, 4, 1, 26);
  folderWithEntry(26, 0x9286, 7, comment.length, 44);
  return Buffer.concat([Buffer.from('Exif\0\0'), tiff, comment]);
}
