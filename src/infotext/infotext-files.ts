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

/**
 * Reads the metadata of an image file without its pixels. Of a PNG file, whose texts may be anywhere: all chunks, with
 * pixels and everything beyond 4 MiB left empty. Of a GIF file: the first 4 MiB, as comments come first. Of others: the
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
  let window = { at: 0, bytes: start };
  for (let offset = pngSignature.length; ; ) {
    if (offset + chunkHeader > window.at + window.bytes.length) {
      window = { at: offset, bytes: await readAt(file, offset, windowBytes) };
    }
    const header = window.bytes.subarray(offset - window.at, offset - window.at + chunkHeader);
    if (header.length < chunkHeader) return Buffer.concat(parts);
    const type = header.toString('latin1', 4);
    if (type === 'IEND') return Buffer.concat(parts);
    const length = header.readUInt32BE(0) + chunkOverhead;
    const isKept = !pixelChunks.has(type) && kept + length <= maxBytes;
    if (isKept) kept += length;
    parts.push(isKept ? await readAt(file, offset, length) : emptyChunk(header));
    offset += length;
  }
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
