import sharp from 'sharp';
import { StepsAnimationError } from '../errors.js';
import { checkFile } from '../files/check-file.js';
import { readExifTexts } from '../infotext/exif.js';
import { readGifComment } from '../infotext/gif.js';
import { readImageHead } from '../infotext/infotext-files.js';
import { infotextOf } from '../infotext/other-programs.js';
import { isAnimatedPng, readPngTexts } from '../infotext/png.js';
import { probeMovie, readMovieComment } from '../movie/probe.js';
import { formatOfFile, isoImageSize } from '../pictures/file-format.js';

/** What a file is; other fields depend on its type. */
export type FileInfo = {
  readonly type: 'image' | 'movie';
  readonly path: string;
  /** null if it contains none */
  readonly infotext: string | null;
  readonly [field: string]: unknown;
};

/**
 * Inspects an image or a movie.
 * @throws StepsAnimationError `input` when it is neither or cannot be read
 */
export async function inspectFile(path: string): Promise<FileInfo> {
  await checkFile(path);
  return (await inspectImage(path, await readImageHead(path))) ?? (await inspectMovie(path));
}

/** Formats of sharp, which reads the still images among them. */
const imageFormats = new Set(['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif', 'svg']);

async function inspectImage(path: string, head: Buffer): Promise<FileInfo | undefined> {
  if ((await formatOfFile(path))?.reader !== 'image') return undefined;
  const metadata = await sharp(path, { animated: true })
    .metadata()
    .catch(() => undefined);
  if (!metadata || !imageFormats.has(metadata.format)) return undefined;
  const { width, height, pageHeight = height, delay } = metadata;
  const format = metadata.format === 'heif' ? 'avif' : metadata.format;
  const pages = metadata.pages ?? 1;
  if (format === 'png' && isAnimatedPng(head)) return undefined;
  const texts = await readTexts(path);
  const tags = Object.fromEntries([...texts].filter(([name]) => name !== 'parameters' && name !== 'comment'));
  const infotext = infotextOf(texts) ?? null;
  const info = {
    ...{ path, format, width, height: pageHeight, infotext },
    ...(Object.keys(tags).length > 0 && { tags }),
  };
  // Pages without times, as in TIFF, are no movie.
  if (pages === 1 || !delay) return { type: 'image', ...info };
  const duration = delay.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
  return { type: 'movie', ...info, frames: pages, duration };
}

async function inspectMovie(path: string): Promise<FileInfo> {
  const { tags, shown, ...info } = await probeMovie(path).catch((cause: unknown) => {
    const message = `${path} is not a readable image or movie: give a PNG, JPEG or WebP image, or a movie.`;
    throw new StepsAnimationError('input', message, { cause });
  });
  const infotext = (await readInfotext(path)) ?? null;
  if ((await formatOfFile(path))?.reader === 'ffmpeg-image') {
    const { width, height } = isoImageSize(await readImageHead(path)) ?? info;
    return { type: 'image', path, format: info.codec === 'hevc' ? 'heic' : info.codec, width, height, infotext };
  }
  return { type: 'movie', path, ...info, ...shown, infotext, tags };
}

/**
 * Reads the infotext of a PNG, JPEG, WebP or GIF file, animated or not, or of a movie's tags. What other programs write
 * (NovelAI, ComfyUI, InvokeAI, SwarmUI, Fooocus, Draw Things) becomes an infotext. Only a small part of a large file is read.
 * @returns undefined if there is none
 */
export async function readInfotext(path: string): Promise<string | undefined> {
  return infotextOf(await readTexts(path));
}

/** The texts of a file by their keywords in PNG; `comment` is that of EXIF, of GIF or of a movie. */
async function readTexts(path: string): Promise<ReadonlyMap<string, string>> {
  const head = await readImageHead(path);
  const texts = readPngTexts(head);
  const gifComment = readGifComment(head);
  if (gifComment !== undefined) texts.set('comment', gifComment);
  if (texts.has('parameters') || texts.has('comment')) return texts;
  const metadata = await sharp(path)
    .metadata()
    .catch(() => undefined);
  const { comment, description, make, model } = metadata?.exif ? readExifTexts(metadata.exif) : {};
  const found = {
    comment: metadata ? comment : await readMovieComment(path),
    Description: description,
    'XML:com.adobe.xmp': metadata?.xmpAsString,
    // ComfyUI keeps its graphs as those of a camera.
    ...Object.fromEntries(
      [make, model]
        .map((text) => (text ? (/^(prompt|workflow):(.*)$/isu.exec(text) ?? []) : []))
        .flatMap(([, name, json]) => (name ? [[name.toLowerCase(), json]] : [])),
    ),
  };
  for (const [name, text] of Object.entries(found)) if (text !== undefined && !texts.has(name)) texts.set(name, text);
  return texts;
}
