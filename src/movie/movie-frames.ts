import { AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import {
  avGetPixFmtName,
  Codec,
  CodecContext,
  FFmpegError,
  Filter,
  type FilterContext,
  FilterGraph,
  FormatContext,
  Frame,
  Packet,
} from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { Picture } from '../pictures/picture.js';
import { openContainer } from './probe.js';

/**
 * Decodes the frames of a movie or an animated image, one after another, converted to RGB by its own colour tags;
 * transparency is laid on black.
 * @throws StepsAnimationError `input` when it is not a movie or is damaged
 */
export async function* movieFrames(path: string, signal?: AbortSignal): AsyncGenerator<Picture> {
  const container = new FormatContext();
  const decoder = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  const converter = new RgbConverter(path);
  try {
    check(await openContainer(container, path), path);
    check(await container.findStreamInfo(), path);
    const stream = container.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
    const codec = stream && Codec.findDecoder(stream.codecpar.codecId);
    if (!codec) throw new StepsAnimationError('input', `There is no video in ${path} that can be read.`);
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    check(await decoder.open2(codec), path);
    for (let ended = false; !ended; packet.unref()) {
      signal?.throwIfAborted();
      const status = await container.readFrame(packet);
      ended = status === AVERROR_EOF;
      if (!ended) check(status, path);
      if (!ended && packet.streamIndex !== stream.index) continue;
      check(await decoder.sendPacket(ended ? null : packet), path);
      while (await received(decoder, frame, path)) yield await converter.convert(frame);
    }
  } finally {
    converter[Symbol.dispose]();
    frame.free();
    packet.free();
    decoder.freeContext();
    await container.closeInput();
  }
}

async function received(decoder: CodecContext, frame: Frame, path: string): Promise<boolean> {
  const status = await decoder.receiveFrame(frame);
  if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return false;
  check(status, path);
  return true;
}

/** Converts decoded frames to packed RGB with FFmpeg's scaler, which knows every pixel format and colour tag. */
class RgbConverter implements Disposable {
  readonly #path: string;
  readonly #graph = new FilterGraph();
  #ends: { source: FilterContext; sink: FilterContext } | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#graph.alloc();
  }

  async convert(frame: Frame): Promise<Picture> {
    this.#ends ??= await this.#configure(frame);
    const { source, sink } = this.#ends;
    check(await source.buffersrcAddFrame(frame), this.#path);
    const rgb = new Frame();
    rgb.alloc();
    try {
      check(await sink.buffersinkGetFrame(rgb), this.#path);
      return { width: rgb.width, height: rgb.height, data: onBlack(rgb.toBuffer()) };
    } finally {
      rgb.free();
    }
  }

  async #configure(frame: Frame) {
    const graph = this.#graph;
    const { width, height, format } = frame;
    const pixels = `pix_fmt=${avGetPixFmtName(format as Parameters<typeof avGetPixFmtName>[0])}`;
    const source = filter(graph, 'buffer', `video_size=${width}x${height}:${pixels}:time_base=1/1000`);
    const scale = filter(graph, 'scale', 'flags=accurate_rnd+full_chroma_int+full_chroma_inp+bicubic');
    const rgb = filter(graph, 'format', 'pix_fmts=rgba');
    const sink = filter(graph, 'buffersink');
    for (const [from, to] of [
      [source, scale],
      [scale, rgb],
      [rgb, sink],
    ] as const) {
      check(from.link(0, to, 0), this.#path);
    }
    check(await graph.config(), this.#path);
    return { source, sink };
  }

  [Symbol.dispose](): void {
    this.#graph.free();
  }
}

function onBlack(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3] ?? 255;
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = Math.round(((rgba[from + channel] ?? 0) * alpha) / 255);
    }
  }
  return rgb;
}

function filter(graph: FilterGraph, type: string, parameters?: string): FilterContext {
  const implementation = Filter.getByName(type);
  const context = implementation && graph.createFilter(implementation, type, parameters);
  if (!context) throw new StepsAnimationError('encoder', `The filter ${type} is not in this build of node-av.`);
  return context;
}

function check(status: number, path: string): void {
  if (status >= 0) return;
  const reason = new FFmpegError(status).message;
  throw new StepsAnimationError('input', `Cannot read the movie ${path} (${reason}): replace or remove it.`);
}
