import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPngText, withPngText } from '#src/infotext/png.js';

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

describe('withPngText', () => {
  it.each(['a red apple\nSteps: 30, Seed: 42', 'りんご 🍎'])('writes %j so that others read it', async (text) => {
    const written = withPngText(png, 'parameters', text);
    const { comments } = await sharp(written).metadata();
    expect(comments).toEqual([{ keyword: expect.stringMatching(/parameters$/), text }]);
    expect(readPngText(written, 'parameters')).toBe(text);
    expect(await sharp(written).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
  });

  it('takes the plain chunk where Latin-1 suffices, as Pillow does', () => {
    expect(chunkTypes(withPngText(png, 'parameters', 'café'))).toContain('tEXt');
    expect(chunkTypes(withPngText(png, 'parameters', 'りんご'))).toContain('iTXt');
  });

  it('refuses other files', () => {
    expect(() => withPngText(Buffer.from('GIF89a'), 'parameters', 'x')).toThrow(/PNG/);
  });

  it('gives any text back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => !value.includes('\0'));
    fc.assert(fc.property(text, (value) => readPngText(withPngText(png, 'parameters', value), 'parameters') === value));
  });
});

describe('readPngText', () => {
  it('reads compressed texts', () => {
    const compressed = Buffer.concat([Buffer.from('parameters\0\0'), deflateSync('packed')]);
    expect(readPngText(withChunk('zTXt', compressed), 'parameters')).toBe('packed');
    const international = Buffer.concat([Buffer.from('parameters\0\x01\0en\0Parameter\0'), deflateSync('gepackt 🍎')]);
    expect(readPngText(withChunk('iTXt', international), 'parameters')).toBe('gepackt 🍎');
  });

  it('finds nothing under another keyword', () => {
    expect(readPngText(withPngText(png, 'parameters', 'x'), 'parameter')).toBeUndefined();
  });

  it('survives damaged files', () => {
    const whole = withPngText(png, 'parameters', 'a red apple 🍎');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        const text = readPngText(damaged.subarray(0, length), 'parameters');
        return text === undefined || typeof text === 'string';
      }),
    );
    expect(readPngText(withChunk('zTXt', Buffer.from('parameters\0\0garbage')), 'parameters')).toBeUndefined();
    expect(readPngText(withChunk('iTXt', Buffer.from('parameters\0\0')), 'parameters')).toBeUndefined();
  });
});

/** The PNG with a chunk after IHDR; readers of texts need no right checksum. */
function withChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([png.subarray(0, 33), length, Buffer.from(type), data, Buffer.alloc(4), png.subarray(33)]);
}

function chunkTypes(file: Uint8Array): string[] {
  const bytes = Buffer.from(file);
  const types: string[] = [];
  for (let offset = 8; offset < bytes.length; offset += 12 + bytes.readUInt32BE(offset)) {
    types.push(bytes.toString('latin1', offset + 4, offset + 8));
  }
  return types;
}
