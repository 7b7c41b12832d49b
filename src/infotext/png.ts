import { crc32, inflateSync } from 'node:zlib';
import { StepsAnimationError } from '../errors.js';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length and type before a chunk's data, checksum after it. */
const chunkOverhead = 12;
/** signature and IHDR, which always comes first and always holds 13 bytes */
const headerEnd = signature.length + chunkOverhead + 13;
/** No text that belongs to an image is larger; a compressed chunk that claims more is ignored. */
const maxInflatedBytes = 16 * 1024 * 1024;

/**
 * A copy of a PNG file with a text added, placed where readers look first.
 * Like Pillow, and so like the common web UIs: `tEXt` if Latin-1 can hold the text, else `iTXt` in UTF-8.
 */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  if (!isPng(png)) {
    throw new StepsAnimationError('input', 'a text can be added to PNG files only; this is another kind of file');
  }
  const chunk = isLatin1(text)
    ? pngChunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'))
    : pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
  const at = placeForText(png);
  return Buffer.concat([png.subarray(0, at), chunk, png.subarray(at)]);
}

/**
 * After the header, where readers look first; in an APNG after the first picture: FFmpeg takes one with a long text
 * before it for a still image.
 */
function placeForText(png: Uint8Array): number {
  let place = headerEnd;
  if (!isAnimatedPng(png)) return place;
  for (const { type, end } of pngChunks(png)) {
    if (type === 'fdAT') break;
    if (type === 'IDAT') place = end;
  }
  return place;
}

/** The first text with this keyword in a PNG file; undefined if there is none or the file is damaged before it. */
export function readPngText(png: Uint8Array, keyword: string): string | undefined {
  if (!isPng(png)) {
    return undefined;
  }
  for (const { type, data } of pngChunks(png)) {
    const text = readTextChunk(type, data, keyword);
    if (text !== undefined) {
      return text;
    }
  }
  return undefined;
}

/** Whether a file is an APNG: its animation control comes before the first pixels. */
export function isAnimatedPng(png: Uint8Array): boolean {
  if (!isPng(png)) return false;
  for (const { type } of pngChunks(png)) {
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= headerEnd && signature.equals(bytes.subarray(0, signature.length));
}

function isLatin1(text: string): boolean {
  return Buffer.from(text, 'latin1').toString('latin1') === text;
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const typeAndData = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typeAndData));
  return Buffer.concat([length, typeAndData, checksum]);
}

/** `end` is where the next chunk begins. */
function* pngChunks(bytes: Uint8Array): Generator<{ type: string; data: Buffer; end: number }> {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = signature.length;
  while (offset + chunkOverhead <= png.length) {
    const length = png.readUInt32BE(offset);
    const end = offset + chunkOverhead + length;
    if (end > png.length) {
      return;
    }
    yield { type: png.toString('latin1', offset + 4, offset + 8), data: png.subarray(offset + 8, end - 4), end };
    offset = end;
  }
}

function readTextChunk(type: string, data: Buffer, keyword: string): string | undefined {
  const prefix = Buffer.from(`${keyword}\0`, 'latin1');
  if (!data.subarray(0, prefix.length).equals(prefix)) {
    return undefined;
  }
  const rest = data.subarray(prefix.length);
  switch (type) {
    case 'tEXt':
      return rest.toString('latin1');
    case 'zTXt':
      return inflate(rest.subarray(1))?.toString('latin1');
    case 'iTXt':
      return readInternationalText(rest);
    default:
      return undefined;
  }
}

/** `iTXt` after its keyword: compression flag and method, language, translated keyword, text. */
function readInternationalText(data: Buffer): string | undefined {
  const languageEnd = data.indexOf(0, 2);
  const translatedEnd = data.indexOf(0, languageEnd + 1);
  if (languageEnd < 0 || translatedEnd < 0) {
    return undefined;
  }
  const text = data.subarray(translatedEnd + 1);
  return (data[0] === 1 ? inflate(text) : text)?.toString('utf8');
}

function inflate(data: Buffer): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: maxInflatedBytes });
  } catch {
    return undefined;
  }
}
