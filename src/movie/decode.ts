import {
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_FRAME_DATA_DISPLAYMATRIX,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_DECODER_LIBVPX_VP8,
  FF_DECODER_LIBVPX_VP9,
} from 'node-av/constants';
import {
  avGetPixFmtName,
  Codec,
  CodecContext,
  type FilterContext,
  FilterGraph,
  FormatContext,
  Frame,
  Packet,
  type Stream,
} from 'node-av/lib';
import { StepsAnimationError } from '../errors.js';
import type { Picture } from '../pictures/picture.js';
import { addFilter, checkRead, linkFilters } from './ffmpeg.js';
import { openVideo } from './probe.js';

/** A frame as a player shows it. */
export type MovieFrame = Picture & {
  /** seconds since the start of the movie; NaN if unknown */
  readonly time: number;
  /** seconds; 0 if unknown */
  readonly duration: number;
};

/**
 * Decodes the frames of a movie or an animated image in order, as players show them: turned and stretched as the file
 * says, without what its edit list leaves out, converted to RGB by its colour tags; transparency becomes black.
 * @throws StepsAnimationError `input` when it is not a movie or is damaged
 */
export async function* movieFrames(path: string, signal?: AbortSignal): AsyncGenerator<MovieFrame> {
  const container = new FormatContext();
  const decoder = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  let converter: RgbConverter | undefined;
  try {
    const stream = await openVideo(container, path);
    const codec = findDecoder(stream);
    if (!codec) throw new StepsAnimationError('input', `The video in ${path} cannot be decoded: convert it first.`);
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    checkRead(await decoder.open2(codec), path);
    converter = new RgbConverter(path, stream);
    const seconds = stream.timeBase.num / stream.timeBase.den;
    for (let ended = false; !ended; packet.unref()) {
      signal?.throwIfAborted();
      const status = await container.readFrame(packet);
      ended = status === AVERROR_EOF;
      if (!ended) checkRead(status, path);
      if (!ended && packet.streamIndex !== stream.index) continue;
      checkRead(await decoder.sendPacket(ended ? null : packet), path);
      while (await receiveFrame(decoder, frame, path)) {
        const { bestEffortTimestamp: start, duration } = frame;
        const time = start === AV_NOPTS_VALUE ? Number.NaN : Number(start) * seconds;
        yield { ...(await converter.convert(frame)), time, duration: Number(duration) * seconds };
      }
    }
  } finally {
    converter?.[Symbol.dispose]();
    frame.free();
    packet.free();
    decoder.freeContext();
    await container.closeInput();
  }
}

/** FFmpeg's own decoders of VP8 and VP9 leave out the transparency, which lies beside the picture in WebM. */
function findDecoder({ codecpar, metadata }: Stream): Codec | null {
  const names = { [AV_CODEC_ID_VP8]: FF_DECODER_LIBVPX_VP8, [AV_CODEC_ID_VP9]: FF_DECODER_LIBVPX_VP9 } as const;
  const name = Object.entries(names).find(([id]) => Number(id) === codecpar.codecId)?.[1];
  const isTransparent = name !== undefined && metadata?.get('alpha_mode') === '1';
  return (isTransparent ? Codec.findDecoderByName(name) : null) ?? Codec.findDecoder(codecpar.codecId);
}

async function receiveFrame(decoder: CodecContext, frame: Frame, path: string): Promise<boolean> {
  const status = await decoder.receiveFrame(frame);
  if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return false;
  checkRead(status, path);
  return true;
}

/** A graph that converts frames of one size and pixel format. */
type Converter = {
  readonly key: string;
  readonly graph: FilterGraph;
  readonly source: FilterContext;
  readonly sink: FilterContext;
};

/** Converts decoded frames to packed RGB with FFmpeg's scaler, which knows every pixel format and colour tag. */
class RgbConverter implements Disposable {
  readonly #path: string;
  readonly #stream: Stream;
  #converter: Converter | undefined;

  constructor(path: string, stream: Stream) {
    this.#path = path;
    this.#stream = stream;
  }

  async convert(frame: Frame): Promise<Picture> {
    const key = `${frame.width}x${frame.height} ${frame.format}`;
    if (this.#converter?.key !== key) {
      this[Symbol.dispose]();
      this.#converter = await this.#configure(frame, key);
    }
    const { source, sink } = this.#converter;
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

  async #configure(frame: Frame, key: string): Promise<Converter> {
    const graph = new FilterGraph();
    graph.alloc();
    const { width, height, format } = frame;
    const pixels = `pix_fmt=${avGetPixFmtName(format as Parameters<typeof avGetPixFmtName>[0])}`;
    const source = addFilter(graph, 'buffer', `video_size=${width}x${height}:${pixels}:time_base=1/1000`);
    const shown = `w=${shownWidth(frame, this.#stream)}:h=${height}`;
    const scale = addFilter(graph, 'scale', `${shown}:flags=accurate_rnd+full_chroma_int+full_chroma_inp+bicubic`);
    const rgb = addFilter(graph, 'format', 'pix_fmts=rgba');
    const turns = turnsOf(frame, this.#stream).map(([type, parameters]) => addFilter(graph, type, parameters));
    const sink = addFilter(graph, 'buffersink');
    const status = await linkFilters(graph, [source, scale, rgb, ...turns, sink]);
    if (status < 0) graph.free();
    checkRead(status, this.#path);
    return { key, graph, source, sink };
  }

  [Symbol.dispose](): void {
    this.#converter?.graph.free();
    this.#converter = undefined;
  }
}

/** In pixels, after stretching as the pixel aspect ratio says: that of the container, or else of the codec. */
function shownWidth({ width, sampleAspectRatio }: Frame, stream: Stream): number {
  const { num, den } = stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : sampleAspectRatio;
  return num > 0 && den > 0 ? Math.max(1, Math.round((width * num) / den)) : width;
}

/** The filters that turn and mirror a frame as its display matrix says; only right angles. */
function turnsOf(frame: Frame, { codecpar }: Stream): readonly (readonly [type: string, parameters?: string])[] {
  const matrix = codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX) ?? frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
  if (!matrix || matrix.length < 9 * 4) return [];
  // x is shown at a·x + c·y, and y at b·x + d·y.
  const [a, b, c, d] = [0, 1, 3, 4].map((index) => Math.sign(matrix.readInt32LE(index * 4)));
  if (b === 0 && c === 0) return [...(a === -1 ? [['hflip'] as const] : []), ...(d === -1 ? [['vflip'] as const] : [])];
  if (a !== 0 || d !== 0 || b === 0 || c === 0) return [];
  const directions = { '1,-1': 'clock', '-1,1': 'cclock', '1,1': 'cclock_flip', '-1,-1': 'clock_flip' };
  const direction = Object.entries(directions).find(([signs]) => signs === `${b},${c}`)?.[1];
  return direction === undefined ? [] : [['transpose', `dir=${direction}`]];
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
