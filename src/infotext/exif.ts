import { decodeUnknownText } from './decode-text.js';
import { shortenInfotext } from './parse-infotext.js';

const exifDirectoryTag = 0x8769;
const userCommentTag = 0x9286;
const [descriptionTag, makeTag, modelTag] = [0x010e, 0x010f, 0x0110];
const unicodePrefix = 'UNICODE\0';
const asciiPrefix = 'ASCII\0\0\0';
const entryBytes = 12;
// The header, the first directory, whose one entry points to the second, that one with one entry, and the comment.
const [firstDirectory, secondDirectory] = [8, 8 + 2 + entryBytes + 4];
const commentAt = secondDirectory + 2 + entryBytes + 4;

/** Texts of EXIF data in which programs keep settings. */
export type ExifTexts = {
  readonly comment?: string;
  readonly description?: string;
  readonly make?: string;
  readonly model?: string;
};

/** Reads the user comment of EXIF data, where web UIs keep the infotext of JPEG and WebP images. */
export function readExifComment(exif: Buffer): string | undefined {
  return readExifTexts(exif).comment;
}

/** Reads the user comment, the description, and the make and the model of the camera, which some programs use. */
export function readExifTexts(exif: Buffer): ExifTexts {
  const tiff = exif.subarray(exif.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0);
  try {
    return readTexts(tiff);
  } catch (error) {
    if (error instanceof RangeError) return {}; // an offset beyond the end: damaged data
    throw error;
  }
}

function readTexts(tiff: Buffer): ExifTexts {
  const littleEndian = tiff.toString('latin1', 0, 2) === 'II';
  const uint16 = (at: number) => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number) => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const findEntry = (directory: number, tag: number) =>
    Array.from({ length: uint16(directory) }, (_, index) => directory + 2 + index * entryBytes).find(
      (entry) => uint16(entry) === tag,
    );
  const bytesOf = (entry: number) => {
    const length = uint32(entry + 4);
    const start = length <= 4 ? entry + 8 : uint32(entry + 8);
    return tiff.subarray(start, start + length);
  };
  const first = uint32(4);
  const textOf = (tag: number) => {
    const entry = findEntry(first, tag);
    return entry === undefined ? undefined : decodeUnknownText(bytesOf(entry));
  };
  const directoryEntry = findEntry(first, exifDirectoryTag);
  const comment = directoryEntry && findEntry(uint32(directoryEntry + 8), userCommentTag);
  const [description, make, model] = [textOf(descriptionTag), textOf(makeTag), textOf(modelTag)];
  return {
    ...(comment !== undefined && { comment: decodeComment(bytesOf(comment)) }),
    ...(description !== undefined && { description }),
    ...(make !== undefined && { make }),
    ...(model !== undefined && { model }),
  };
}

/** The codes of the EXIF specification, eight bytes each; programs leave them out, or write another encoding. */
const commentCodes = new Set([unicodePrefix, asciiPrefix, 'JIS\0\0\0\0\0', '\0\0\0\0\0\0\0\0']);

function decodeComment(comment: Buffer): string {
  const code = comment.toString('latin1', 0, unicodePrefix.length);
  return decodeUnknownText(commentCodes.has(code) ? comment.subarray(code.length) : comment, code === unicodePrefix);
}

/** EXIF data (a TIFF header and what follows) with `text` as the user comment, as web UIs write it. */
export function exifWithComment(text: string): Buffer {
  return exifOf(unicodePrefix, Buffer.from(text, 'utf16le').swap16());
}

function exifOf(prefix: string, text: Buffer): Buffer {
  const comment = Buffer.concat([Buffer.from(prefix, 'latin1'), text]);
  const exif = Buffer.alloc(commentAt);
  exif.write('MM\0*', 0, 'latin1');
  exif.writeUInt32BE(firstDirectory, 4);
  writeDirectory(exif, firstDirectory, { tag: exifDirectoryTag, type: 4, count: 1, value: secondDirectory });
  writeDirectory(exif, secondDirectory, { tag: userCommentTag, type: 7, count: comment.length, value: commentAt });
  return Buffer.concat([exif, comment]);
}

type Entry = { readonly tag: number; readonly type: number; readonly count: number; readonly value: number };

function writeDirectory(exif: Buffer, at: number, { tag, type, count, value }: Entry): void {
  exif.writeUInt16BE(1, at);
  exif.writeUInt16BE(tag, at + 2);
  exif.writeUInt16BE(type, at + 4);
  exif.writeUInt32BE(count, at + 6);
  exif.writeUInt32BE(value, at + 10);
}

/** Bytes of a segment of a JPEG file without its length field. */
const maxSegmentBytes = 65_533;
const exifHeader = Buffer.from('Exif\0\0', 'latin1');
const maxTextBytes = maxSegmentBytes - exifHeader.length - commentAt - unicodePrefix.length;
const startOfImage = 2;

/** The text as the user comment of a JPEG file can hold it: shortened if it is too long. */
export function asJpegComment(text: string): string {
  return shortenInfotext(text, isAscii(text) ? maxTextBytes : Math.floor(maxTextBytes / 2));
}

/**
 * Returns a copy of a JPEG file with a text as its user comment: in UTF-16 as web UIs write it, in ASCII if that is too
 * long, and shortened if ASCII is too long as well.
 */
export function withJpegComment(jpeg: Uint8Array, text: string): Uint8Array {
  const comment = asJpegComment(text);
  const isLong = comment.length * 2 > maxTextBytes;
  const exif = isLong ? exifOf(asciiPrefix, Buffer.from(comment, 'ascii')) : exifWithComment(comment);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(exifHeader.length + exif.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, startOfImage), head, exifHeader, exif, jpeg.subarray(startOfImage)]);
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}
