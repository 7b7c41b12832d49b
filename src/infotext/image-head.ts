import { type FileHandle, open } from 'node:fs/promises';

/** More than any infotext has: a line of the protocol of `record` is a quarter of it. */
const mostBytes = 4 * 2 ** 20;
/** Bytes that are read at once, so that files of many small chunks do not need as many reads. */
const windowBytes = 65_536;
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** A chunk's length and type, and then its checksum after the data. */
const [chunkHeader, chunkOverhead] = [8, 12];
const pixelChunks = new Set(['IDAT', 'fdAT']);

/**
 * What tells of an image, without its pixels: of a PNG file, whose texts may come anywhere, all chunks, those with
 * pixels, and those beyond 4 MiB, empty; of a GIF file the beginning, where its comments are. Of other files there are only the first bytes.
 */
export async function readImageHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const start = await readAt(file, 0, windowBytes);
    if (start.subarray(0, pngSignature.length).equals(pngSignature)) return await readPngHead(file, start);
    return start.toString('latin1', 0, 3) === 'GIF' ? await readAt(file, 0, mostBytes) : start;
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
    const isKept = !pixelChunks.has(type) && kept + length <= mostBytes;
    if (isKept) kept += length;
    parts.push(isKept ? await readAt(file, offset, length) : emptied(header));
    offset += length;
  }
}

/** A chunk of the same type without data; nobody here looks at its checksum. */
function emptied(header: Buffer): Buffer {
  const chunk = Buffer.alloc(chunkOverhead);
  header.copy(chunk, 4, 4);
  return chunk;
}

/** As many bytes as there are, `length` at most. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === length) return buffer.subarray(0, filled);
  }
}
