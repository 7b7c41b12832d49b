import { AV_PIX_FMT_BGRA } from 'node-av/constants';
import { Filter, type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { Picture, Size } from '../pictures/picture.js';
import { resizePicture } from '../pictures/picture-files.js';
import { check } from './ffmpeg-status.js';

/** Pixels; smaller pictures have the same colours. */
const largestSide = 256;

/**
 * One palette for a whole movie, from some of its pictures (FFmpeg's `palettegen`, median cut).
 * @param pictures of which the colours are taken; a few dozen say enough
 * @returns 256 colours as BGRA
 */
export async function makePalette(pictures: AsyncIterable<Picture>): Promise<Uint8Array> {
  // FFmpeg looks at the bytes when it is asked for the result: until then they must stay.
  const read: Buffer[] = [];
  using graph = new FilterGraph();
  graph.alloc();
  let generator: { source: FilterContext; sink: FilterContext; size: Size } | undefined;
  for await (const picture of pictures) {
    const size = generator?.size ?? reducedSize(picture);
    generator ??= { ...(await configure(graph, size)), size };
    const { data } = await resizePicture(picture, size.width, size.height);
    const bytes = opaque(data);
    using frame = bgraFrame(bytes, size, read.push(bytes));
    check(await generator.source.buffersrcAddFrame(frame), 'encoder', 'collect the colours');
  }
  if (!generator) throw new StepsAnimationError('input', 'A palette needs at least one picture.');
  check(await generator.source.buffersrcAddFrame(null), 'encoder', 'collect the colours');
  using palette = new Frame();
  palette.alloc();
  check(await generator.sink.buffersinkGetFrame(palette), 'encoder', 'choose the colours');
  return Uint8Array.from(palette.toBuffer());
}

function reducedSize({ width, height }: Size): Size {
  const scale = Math.min(1, largestSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function configure(graph: FilterGraph, size: Size) {
  const source = filter(graph, 'buffer', 'pictures', sourceArguments(size));
  const generate = filter(graph, 'palettegen', 'palettegen');
  const sink = filter(graph, 'buffersink', 'palette');
  check(source.link(0, generate, 0), 'encoder', 'prepare the palette');
  check(generate.link(0, sink, 0), 'encoder', 'prepare the palette');
  check(await graph.config(), 'encoder', 'prepare the palette');
  return { source, sink };
}

function filter(graph: FilterGraph, type: string, name: string, parameters?: string): FilterContext {
  const implementation = Filter.getByName(type);
  const context = implementation && graph.createFilter(implementation, name, parameters);
  if (!context) throw new StepsAnimationError('encoder', `The filter ${type} is not in this build of node-av.`);
  return context;
}

function sourceArguments({ width, height }: Size): string {
  return `video_size=${width}x${height}:pix_fmt=bgra:time_base=1/100:pixel_aspect=1/1`;
}

function bgraFrame(bytes: Buffer, { width, height }: Size, pts: number): Frame {
  const timeBase = { num: 1, den: 100 };
  return Frame.fromVideoBuffer(bytes, { width, height, format: AV_PIX_FMT_BGRA, pts: BigInt(pts), timeBase });
}

function opaque(rgb: Uint8Array): Buffer {
  const bgra = Buffer.alloc((rgb.length / 3) * 4, 255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    bgra[to] = rgb[from + 2] ?? 0;
    bgra[to + 1] = rgb[from + 1] ?? 0;
    bgra[to + 2] = rgb[from] ?? 0;
  }
  return bgra;
}
