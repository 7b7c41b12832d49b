import { AV_PIX_FMT_BGRA } from 'node-av/constants';
import { type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { Picture, Size } from '../pictures/picture.js';
import { resizePicture } from '../pictures/picture-files.js';
import { addFilter, check, linkFilters } from './ffmpeg.js';

/** Pixels; reduced pictures have the same colours. */
const maxSide = 256;

/**
 * Makes one palette for a whole movie with FFmpeg's `palettegen` (median cut).
 * @param pictures a few dozen of the movie's pictures
 * @returns 256 colours as BGRA
 */
export async function makePalette(pictures: AsyncIterable<Picture>): Promise<Uint8Array> {
  // FFmpeg reads the bytes when it is asked for the palette: until then they must be kept.
  const kept: Buffer[] = [];
  using graph = new FilterGraph();
  graph.alloc();
  let generator: { source: FilterContext; sink: FilterContext; size: Size } | undefined;
  for await (const picture of pictures) {
    generator ??= await configure(graph, reducedSize(picture));
    const { source, size } = generator;
    const bytes = bgraOf((await resizePicture(picture, size.width, size.height)).data);
    using frame = bgraFrame(bytes, size, kept.push(bytes));
    check(await source.buffersrcAddFrame(frame), 'encoder', 'collect the colours');
  }
  if (!generator) throw new StepsAnimationError('input', 'A palette needs at least one picture.');
  check(await generator.source.buffersrcAddFrame(null), 'encoder', 'collect the colours');
  using palette = new Frame();
  palette.alloc();
  check(await generator.sink.buffersinkGetFrame(palette), 'encoder', 'choose the colours');
  return Uint8Array.from(palette.toBuffer());
}

function reducedSize({ width, height }: Size): Size {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function configure(graph: FilterGraph, size: Size) {
  const pixels = `video_size=${size.width}x${size.height}:pix_fmt=bgra:time_base=1/100:pixel_aspect=1/1`;
  const source = addFilter(graph, 'buffer', pixels);
  const sink = addFilter(graph, 'buffersink');
  check(await linkFilters(graph, [source, addFilter(graph, 'palettegen'), sink]), 'encoder', 'prepare the palette');
  return { source, sink, size };
}

function bgraFrame(bytes: Buffer, { width, height }: Size, pts: number): Frame {
  const timeBase = { num: 1, den: 100 };
  return Frame.fromVideoBuffer(bytes, { width, height, format: AV_PIX_FMT_BGRA, pts: BigInt(pts), timeBase });
}

function bgraOf(rgb: Uint8Array): Buffer {
  const bgra = Buffer.alloc((rgb.length / 3) * 4, 255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    bgra[to] = rgb[from + 2] ?? 0;
    bgra[to + 1] = rgb[from + 1] ?? 0;
    bgra[to + 2] = rgb[from] ?? 0;
  }
  return bgra;
}
