const exifFolderTag = 0x8769;
const userCommentTag = 0x9286;
const unicodePrefix = 'UNICODE\0';
const entryBytes = 12;

/** The user comment of EXIF data, where web UIs keep the infotext of JPEG and WebP images. */
export function readExifComment(exif: Buffer): string | undefined {
  const tiff = exif.subarray(exif.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0);
  try {
    return readComment(tiff);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an offset that leads out of damaged data
    throw error;
  }
}

function readComment(tiff: Buffer): string | undefined {
  const littleEndian = tiff.toString('latin1', 0, 2) === 'II';
  const uint16 = (at: number) => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number) => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const findEntry = (folder: number, tag: number) =>
    Array.from({ length: uint16(folder) }, (_, index) => folder + 2 + index * entryBytes).find(
      (entry) => uint16(entry) === tag,
    );
  const folderEntry = findEntry(uint32(4), exifFolderTag);
  const comment = folderEntry && findEntry(uint32(folderEntry + 8), userCommentTag);
  if (!comment) return undefined;
  const start = uint32(comment + 8);
  return decodeComment(tiff.subarray(start, start + uint32(comment + 4)));
}

function decodeComment(comment: Buffer): string {
  const text = comment.subarray(unicodePrefix.length);
  if (comment.toString('latin1', 0, unicodePrefix.length) !== unicodePrefix) return text.toString('utf8');
  const bigEndian = text[0] === 0; // the usual order; most texts begin with a Latin letter, so the first byte tells
  const even = text.subarray(0, text.length & ~1);
  return (bigEndian ? Buffer.from(even).swap16() : even).toString('utf16le');
}
