import { crc32, inflateSync } from 'node:zlib';
import { StepsAnimationError } from '../errors.js';
import { decodeText } from './decode-text.js';

export const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length and type before a chunk's data, checksum after it: bytes. */
const chunkOverhead = 12;
/** The signature and IHDR, which always comes first and always has 13 bytes. */
const headerEnd = pngSignature.length + chunkOverhead + 13;
/** A text that is longer is ignored, compressed or not: no infotext is that long. */
const maxTextBytes = 1024 * 1024;

/**
 * Returns a copy of a PNG file with a text, written as Pillow and hence the web UIs do: as `tEXt` if the text is
 * Latin-1, else as `iTXt` in UTF-8.
 * @throws StepsAnimationError `input` if the file is no PNG
 */
export function withPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  if (!isPng(png)) {
    throw new StepsAnimationError('input', 'A text can be added to PNG files only, and this is another kind of file.');
  }
  const latin1 = Buffer.from(text, 'latin1');
  // Text that others, and we, would take for UTF-8 is not written as Latin-1.
  const chunk =
    decodeText(latin1) === text
      ? pngChunk('tEXt', Buffer.concat([Buffer.from(`${keyword}\0`, 'latin1'), latin1]))
      : pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
  const at = placeForText(png);
  return Buffer.concat([png.subarray(0, at), chunk, png.subarray(at)]);
}

/**
 * Right after the header, where readers look first; in an APNG after the first picture, because FFmpeg takes a file with
 * a long text before it for a still image.
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

/** Reads the first text with this keyword; undefined if there is none, or the file is damaged before it. */
export function readPngText(png: Uint8Array, keyword: string): string | undefined {
  if (!isPng(png)) return undefined;
  for (const { type, data } of pngChunks(png)) {
    const text = readTextChunk(type, data, keyword);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Texts of a file that are read. */
const maxTexts = 32;
const textChunks = new Set(['tEXt', 'zTXt', 'iTXt']);
const maxKeywordBytes = 79;

/** Reads the texts of a PNG file by their keywords: of several with the same one the first, and up to 32 in all. */
export function readPngTexts(png: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>();
  if (!isPng(png)) return texts;
  for (const { type, data } of pngChunks(png)) {
    const end = textChunks.has(type) ? data.subarray(0, maxKeywordBytes + 1).indexOf(0) : -1;
    const keyword = end < 0 ? '' : data.toString('latin1', 0, end);
    if (keyword === '' || texts.has(keyword)) continue;
    const text = readTextChunk(type, data, keyword);
    if (text !== undefined) texts.set(keyword, text);
    if (texts.size === maxTexts) break;
  }
  return texts;
}

/** Whether a PNG file is animated: `acTL` comes before the first pixels. */
export function isAnimatedPng(png: Uint8Array): boolean {
  if (!isPng(png)) return false;
  for (const { type } of pngChunks(png)) {
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= headerEnd && pngSignature.equals(bytes.subarray(0, pngSignature.length));
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const typeAndData = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typeAndData));
  return Buffer.concat([length, typeAndData, checksum]);
}

/** The whole chunks of a file; `end` is the offset of the next one. */
function* pngChunks(bytes: Uint8Array): Generator<{ type: string; data: Buffer; end: number }> {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = pngSignature.length;
  while (offset + chunkOverhead <= png.length) {
    const length = png.readUInt32BE(offset);
    const end = offset + chunkOverhead + length;
    if (end > png.length) return;
    yield { type: png.toString('latin1', offset + 4, offset + 8), data: png.subarray(offset + 8, end - 4), end };
    offset = end;
  }
}

function readTextChunk(type: string, data: Buffer, keyword: string): string | undefined {
  const prefix = Buffer.from(`${keyword}\0`, 'latin1');
  if (!data.subarray(0, prefix.length).equals(prefix)) return undefined;
  const rest = data.subarray(prefix.length);
  if (rest.length > maxTextBytes) return undefined;
  switch (type) {
    case 'tEXt':
      return decodeText(rest);
    case 'zTXt': {
      const text = inflate(rest.subarray(1));
      return text && decodeText(text);
    }
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
  if (languageEnd < 0 || translatedEnd < 0) return undefined;
  const text = data.subarray(translatedEnd + 1);
  return (data[0] === 1 ? inflate(text) : text)?.toString('utf8');
}

function inflate(data: Buffer): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: maxTextBytes });
  } catch {
    return undefined;
  }
}
