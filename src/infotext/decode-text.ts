import { isUtf8 } from 'node:buffer';

/** Decodes bytes that should be Latin-1: many programs write UTF-8 instead, which other text hardly ever is by chance. */
export function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/**
 * Decodes bytes whose encoding is not known, or is stated wrongly: UTF-16 in either order, UTF-8 or Latin-1.
 * @param isUtf16 whether they are said to be UTF-16
 */
export function decodeUnknownText(bytes: Buffer, isUtf16 = false): string {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end--;
  const text = bytes.subarray(0, end);
  // Every infotext has Latin letters and digits, of which UTF-16 has every other byte zero.
  if (!text.includes(0) && (!isUtf16 || isUtf8(text))) return decodeText(text);
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const littleEndian = even.toString('utf16le');
  const bigEndian = even.swap16().toString('utf16le');
  // The byte order is not recorded. No infotext has its Latin letters in the wrong order.
  const decoded = countAscii(littleEndian) > countAscii(bigEndian) ? littleEndian : bigEndian;
  return decoded.replace(/^\ufeff/u, '').replace(/\0+$/u, '');
}

function countAscii(text: string): number {
  return text.replace(/[^\x20-\x7e]/g, '').length;
}
