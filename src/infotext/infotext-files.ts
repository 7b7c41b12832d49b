import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { exifWithComment } from './exif.js';
import { withGifComment } from './gif.js';
import { pngSignature, withPngText } from './png.js';
import { withWebpExif } from './webp.js';

/** Far more than any infotext: a line of the `record` protocol is limited to a quarter of it. */
const maxBytes = 4 * 2 ** 20;
/** Bytes of one read, so that a file of many small chunks does not need as many reads. */
const windowBytes = 65_536;
/** A chunk's length and type, and then its checksum after the data. */
const [chunkHeader, chunkOverhead] = [8, 12];
const pixelChunks = new Set(['IDAT', 'fdAT']);
/** The header, whether it is animated, and texts. */
const keptChunks = new Set(['IHDR', 'acTL', 'tEXt', 'zTXt', 'iTXt', 'eXIf']);
/** Chunks of a PNG file that are looked at: enough for the pixels of 800 MB as encoders cut them. */
const maxChunks = 100_000;

/**
 * Reads the metadata of an image file without its pixels. Of a PNG file, whose texts may be anywhere: the header and
 * the texts among its first 100,000 chunks, up to 4 MiB, and the place of its pixels. Of a GIF file: the first 4 MiB, as comments come first. Of others: the
 * first 64 KiB.
 */
export async function readImageHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const start = await readAt(file, 0, windowBytes);
    if (start.subarray(0, pngSignature.length).equals(pngSignature)) return await readPngHead(file, start);
    return start.toString('latin1', 0, 3) === 'GIF' ? await readAt(file, 0, maxBytes) : start;
  } finally {
    await file.close();
  }
}

async function readPngHead(file: FileHandle, start: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [pngSignature];
  let kept = 0;
  let hasPixels = false;
  let window = { at: 0, bytes: start };
  const read = async (offset: number, length: number): Promise<Buffer> => {
    if (offset + length > window.at + window.bytes.length) {
      window = { at: offset, bytes: await readAt(file, offset, Math.max(length, windowBytes)) };
    }
    return window.bytes.subarray(offset - window.at, offset - window.at + length);
  };
  let offset = pngSignature.length;
  for (let chunks = 0; chunks < maxChunks; chunks++) {
    const header = await read(offset, chunkHeader);
    const type = header.toString('latin1', 4);
    if (header.length < chunkHeader || type === 'IEND') break;
    const length = header.readUInt32BE(0) + chunkOverhead;
    if (keptChunks.has(type) && kept + length <= maxBytes) {
      kept += length;
      parts.push(await read(offset, length));
    } else if (pixelChunks.has(type) && !hasPixels) {
      hasPixels = true;
      parts.push(emptyChunk(header));
    }
    offset += length;
  }
  return Buffer.concat(parts);
}

/** A chunk of the same type without data, its checksum left out: readers of texts ignore it. */
function emptyChunk(header: Buffer): Buffer {
  const chunk = Buffer.alloc(chunkOverhead);
  header.copy(chunk, 4, 4);
  return chunk;
}

/** Reads up to `length` bytes, fewer at the end of the file. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === length) return buffer.subarray(0, filled);
  }
}

const writers: Readonly<Record<string, (bytes: Buffer, infotext: string) => Uint8Array>> = {
  gif: withGifComment,
  png: (bytes, infotext) => withPngText(bytes, 'parameters', infotext),
  webp: (bytes, infotext) => withWebpExif(bytes, exifWithComment(infotext)),
};

/** Adds the infotext to an animation in a format that FFmpeg writes no tags to; leaves other files unchanged. */
export async function addInfotext(path: string, extension: string, infotext: string): Promise<void> {
  const add = writers[extension];
  if (add && infotext !== '') await writeFile(path, add(await readFile(path), infotext));
}
