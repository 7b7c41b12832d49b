import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import {
  avGetPixFmtName,
  Codec,
  CodecContext,
  type FilterContext,
  FilterGraph,
  FormatContext,
  Frame,
  Packet,
} from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { Picture } from '../pictures/picture.js';
import { addFilter, checkRead, linkFilters } from './ffmpeg.js';
import { openVideo } from './probe.js';

/**
 * Decodes the frames of a movie or an animated image in order, converted to RGB by its colour tags; transparency becomes
 * black.
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
    const stream = await openVideo(container, path);
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    if (!codec) throw new StepsAnimationError('input', `The video in ${path} cannot be decoded: convert it first.`);
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    checkRead(await decoder.open2(codec), path);
    for (let ended = false; !ended; packet.unref()) {
      signal?.throwIfAborted();
      const status = await container.readFrame(packet);
      ended = status === AVERROR_EOF;
      if (!ended) checkRead(status, path);
      if (!ended && packet.streamIndex !== stream.index) continue;
      checkRead(await decoder.sendPacket(ended ? null : packet), path);
      while (await receiveFrame(decoder, frame, path)) yield await converter.convert(frame);
    }
  } finally {
    converter[Symbol.dispose]();
    frame.free();
    packet.free();
    decoder.freeContext();
    await container.closeInput();
  }
}

async function receiveFrame(decoder: CodecContext, frame: Frame, path: string): Promise<boolean> {
  const status = await decoder.receiveFrame(frame);
  if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return false;
  checkRead(status, path);
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
    checkRead(await source.buffersrcAddFrame(frame), this.#path);
    const rgb = new Frame();
    rgb.alloc();
    try {
      checkRead(await sink.buffersinkGetFrame(rgb), this.#path);
      return { width: rgb.width, height: rgb.height, data: onBlack(rgb.toBuffer()) };
    } finally {
      rgb.free();
    }
  }

  async #configure(frame: Frame) {
    const graph = this.#graph;
    const { width, height, format } = frame;
    const pixels = `pix_fmt=${avGetPixFmtName(format as Parameters<typeof avGetPixFmtName>[0])}`;
    const source = addFilter(graph, 'buffer', `video_size=${width}x${height}:${pixels}:time_base=1/1000`);
    const scale = addFilter(graph, 'scale', 'flags=accurate_rnd+full_chroma_int+full_chroma_inp+bicubic');
    const rgb = addFilter(graph, 'format', 'pix_fmts=rgba');
    const sink = addFilter(graph, 'buffersink');
    checkRead(await linkFilters(graph, [source, scale, rgb, sink]), this.#path);
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
