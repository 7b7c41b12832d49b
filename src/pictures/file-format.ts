import { open } from 'node:fs/promises';
import type { Size } from './picture.js';

/** A format of files that may be pictures, as their first bytes show it, whatever their names say. */
type FileFormat = {
  /** as people call it */
  readonly name: string;
  /**
   * what reads it. `image`: sharp; `ffmpeg-image`, `animation` (an animated image) and `movie`: FFmpeg;
   * `none`: nothing here
   */
  readonly reader: 'image' | 'ffmpeg-image' | 'animation' | 'movie' | 'none';
};

const image = (name: string): FileFormat => ({ name, reader: 'image' });
const movie = (name: string): FileFormat => ({ name, reader: 'movie' });
const unsupported = (name: string): FileFormat => ({ name, reader: 'none' });

/** Signatures in Latin-1, `?` for any byte, in the order in which they are compared. */
const signatures: readonly (readonly [string, FileFormat])[] = [
  ['\x89PNG\r\n\x1a\n', image('PNG')],
  ['\xff\xd8\xff', image('JPEG')],
  ['RIFF????WEBP', image('WebP')],
  ['GIF8', image('GIF')],
  ['II*\0', image('TIFF')],
  ['MM\0*', image('TIFF')],
  ['II+\0', image('TIFF')],
  ['MM\0+', image('TIFF')],
  ['BM????\0\0\0\0', { name: 'BMP', reader: 'ffmpeg-image' }],
  ['RIFF????AVI ', movie('AVI')],
  ['\x1aE\xdf\xa3', movie('Matroska or WebM')],
  ['0&\xb2u\x8ef\xcf\x11', movie('WMV')],
  ['FLV\x01', movie('FLV')],
  ['OggS', movie('Ogg')],
  ['\0\0\x01\xba', movie('MPEG')],
  ['\0\0\x01\xb3', movie('MPEG')],
  ['????moov', movie('MOV')],
  ['????mdat', movie('MOV')],
  ['????wide', movie('MOV')],
  ['????free', movie('MOV')],
  ['\0\0\0\x0cJXL ', unsupported('JPEG XL')],
  ['\xff\x0a', unsupported('JPEG XL')],
  ['\0\0\0\x0cjP  ', unsupported('JPEG 2000')],
  ['8BPS', unsupported('Photoshop')],
  ['\x76\x2f\x31\x01', unsupported('OpenEXR')],
  ['\0\0\x01\0', unsupported('icon')],
  ['qoif', unsupported('QOI')],
  ['DDS ', unsupported('DDS')],
];

/** Bytes by which the formats are recognised. */
const headBytes = 4096;
const transportPacketBytes = 188;

/** Recognises a file by its first bytes. @returns undefined for other files */
function recogniseFormat(head: Buffer): FileFormat | undefined {
  const text = head.toString('latin1', 0, headBytes);
  if (text.startsWith('ftyp', 4)) return isoFormat(text);
  const known = signatures.find(([signature]) => matches(text, signature));
  if (known) return known[1];
  if (text[0] === 'G' && text[transportPacketBytes] === 'G') return movie('MPEG transport stream');
  return /^(?:\xef\xbb\xbf)?\s*<(?:svg|(?:\?xml|!--|!DOCTYPE svg)[\s\S]*<svg)[\s>]/u.test(text)
    ? image('SVG')
    : undefined;
}

function matches(text: string, signature: string): boolean {
  return [...signature].every((character, at) => character === '?' || character === text[at]);
}

/** Images, sequences of images, and movies in boxes (ISO base media file format), by their brands. */
function isoFormat(text: string): FileFormat {
  const length = text.charCodeAt(2) * 256 + text.charCodeAt(3);
  const brands = [text.slice(8, 12), ...(text.slice(16, length).match(/[\s\S]{4}/gu) ?? [])];
  const has = (...names: readonly string[]) => brands.some((brand) => names.includes(brand));
  if (has('avis')) return { name: 'animated AVIF', reader: 'animation' };
  if (has('hevc', 'hevx', 'msf1') && has('heic', 'heix', 'hevc', 'hevx', 'mif1'))
    return { name: 'animated HEIC', reader: 'animation' };
  if (has('avif')) return image('AVIF');
  if (has('heic', 'heix', 'heim', 'heis', 'mif1')) return { name: 'HEIC', reader: 'ffmpeg-image' };
  return movie('MP4 or MOV');
}

/** The size of an AVIF or HEIC image, which may be stored as tiles: the largest that its head states. */
export function isoImageSize(head: Buffer): Size | undefined {
  let largest: Size | undefined;
  for (let at = head.indexOf('ispe'); at >= 0 && at + 16 <= head.length; at = head.indexOf('ispe', at + 4)) {
    const [width, height] = [head.readUInt32BE(at + 8), head.readUInt32BE(at + 12)];
    if (!largest || width * height > largest.width * largest.height) largest = { width, height };
  }
  return largest;
}

/** Recognises a file by its first bytes. */
export async function formatOfFile(path: string): Promise<FileFormat | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return recogniseFormat(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
