/** `RIFF`, the size, `WEBP` */
const headerBytes = 12;
const exifFlag = 0x08;
const alphaFlag = 0x10;

type Chunk = { readonly name: string; readonly data: Buffer };

/**
 * Returns a copy of a WebP file, still or animated, with an EXIF block (a TIFF header and what follows).
 * Source: WebP container specification, https://developers.google.com/speed/webp/docs/riff_container
 */
export function withWebpExif(webp: Uint8Array, exif: Uint8Array): Uint8Array {
  const chunks = chunksOf(Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength));
  const [first] = chunks;
  const others = chunks.filter(({ name }) => name !== 'VP8X' && name !== 'EXIF');
  const extended = Buffer.from(first?.name === 'VP8X' ? first.data : extendedHeader(first));
  extended[0] = (extended[0] ?? 0) | exifFlag;
  const all = [{ name: 'VP8X', data: extended }, ...others, { name: 'EXIF', data: Buffer.from(exif) }].map(chunkBytes);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(4 + all.reduce((sum, bytes) => sum + bytes.length, 0));
  return Buffer.concat([Buffer.from('RIFF'), size, Buffer.from('WEBP'), ...all]);
}

function chunksOf(webp: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = headerBytes; at + 8 <= webp.length; ) {
    const length = webp.readUInt32LE(at + 4);
    chunks.push({ name: webp.toString('latin1', at, at + 4), data: webp.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function chunkBytes({ name, data }: Chunk): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** The VP8X header that a simple file lacks: flags, and width and height minus one in 24 bits each. */
function extendedHeader(image: Chunk | undefined): Buffer {
  if (!image) throw new RangeError('The WebP file has no image.');
  const header = Buffer.alloc(10);
  const { name, data } = image;
  if (name === 'VP8L') {
    const bits = data.readUInt32LE(1);
    header.writeUIntLE(bits & 0x3fff, 4, 3);
    header.writeUIntLE((bits >>> 14) & 0x3fff, 7, 3);
    header[0] = bits & (1 << 28) ? alphaFlag : 0;
  } else {
    header.writeUIntLE((data.readUInt16LE(6) & 0x3fff) - 1, 4, 3);
    header.writeUIntLE((data.readUInt16LE(8) & 0x3fff) - 1, 7, 3);
  }
  return header;
}
