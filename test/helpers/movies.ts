import { AVERROR_EAGAIN, AVERROR_EOF, type AVPixelFormat } from 'node-av/constants';
import { avGetPixFmtName, Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';
import type { Picture } from '#src/pictures/picture.js';

/** Decodes every frame of a movie to RGB with BT.709, limited range. */
export async function decodeMovie(path: string): Promise<Picture[]> {
  const container = new FormatContext();
  const decoder = new CodecContext();
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  try {
    FFmpegError.throwIfError(await container.openInput(path));
    FFmpegError.throwIfError(await container.findStreamInfo());
    const [stream] = container.streams;
    if (!stream) throw new Error('no stream');
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    FFmpegError.throwIfError(await decoder.open2(codec));
    const pictures: Picture[] = [];
    for (let ended = false; !ended; ) {
      ended = (await container.readFrame(packet)) === AVERROR_EOF;
      FFmpegError.throwIfError(await decoder.sendPacket(ended ? null : packet));
      packet.unref();
      for (;;) {
        const status = await decoder.receiveFrame(frame);
        if (status === AVERROR_EAGAIN || status === AVERROR_EOF) break;
        FFmpegError.throwIfError(status);
        pictures.push(toPicture(frame));
        frame.unref();
      }
    }
    return pictures;
  } finally {
    frame.free();
    packet.free();
    decoder.freeContext();
    await container.closeInput();
  }
}

function toPicture(frame: Frame): Picture {
  const { width, height } = frame;
  const bytes = frame.toBuffer();
  const format = avGetPixFmtName(frame.format as AVPixelFormat) ?? 'unknown';
  switch (format) {
    case 'yuv420p':
      return fromPlanes(bytes, width, height);
    case 'yuv422p10le':
      return fromPlanes(lumaAndEveryOtherRow(bytes, width, height), width, height);
    case 'rgb24':
      return fromPacked(bytes, width, height, [0, 1, 2], 3);
    case 'rgba':
      return fromPacked(bytes, width, height, [0, 1, 2], 4);
    case 'bgra':
      return fromPacked(bytes, width, height, [2, 1, 0], 4);
    default:
      throw new Error(`The test cannot read ${format}.`);
  }
}

function fromPacked(bytes: Uint8Array, width: number, height: number, order: number[], stride: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    order.forEach((at, channel) => {
      data[pixel * 3 + channel] = bytes[pixel * stride + at] ?? 0;
    });
  }
  return { width, height, data };
}

/** 10-bit 4:2:2 planes as 8-bit 4:2:0 planes, near enough to compare pictures. */
function lumaAndEveryOtherRow(bytes: Uint8Array, width: number, height: number): Uint8Array {
  const samples = Uint8Array.from({ length: bytes.length / 2 }, (_, index) => {
    return ((bytes[index * 2] ?? 0) + 256 * (bytes[index * 2 + 1] ?? 0) + 2) >> 2;
  });
  const luma = samples.subarray(0, width * height);
  const rows = [0, 1].flatMap((plane) =>
    Array.from({ length: height / 2 }, (_, row) => {
      const at = width * height + (plane * height + row * 2) * (width / 2);
      return samples.subarray(at, at + width / 2);
    }),
  );
  return Buffer.concat([luma, ...rows]);
}

/** 4:2:0 planes to RGB by the definition of BT.709, chroma repeated. */
export function fromPlanes(planes: Uint8Array, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  const chroma = (width * height) / 4;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y >> 1) * (width >> 1) + (x >> 1);
      const luma = ((planes[y * width + x] ?? 0) - 16) / 219;
      const u = ((planes[width * height + at] ?? 0) - 128) / 224;
      const v = ((planes[width * height + chroma + at] ?? 0) - 128) / 224;
      const rgb = [luma + 1.5748 * v, luma - 0.187324 * u - 0.468124 * v, luma + 1.8556 * u];
      rgb.forEach((value, channel) => {
        data[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round(value * 255)));
      });
    }
  }
  return { width, height, data };
}

/** Structural similarity of the luma, mean over windows of 8×8 (Wang et al. 2004), 1 for equal pictures. */
export function ssim(a: Picture, b: Picture): number {
  const [first, second] = [lumaOf(a), lumaOf(b)];
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + 8 <= a.height; top += 4) {
    for (let left = 0; left + 8 <= a.width; left += 4) {
      sum += windowSsim(first, second, a.width, top, left);
      windows++;
    }
  }
  return sum / windows;
}

function windowSsim(a: Float64Array, b: Float64Array, width: number, top: number, left: number): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let y = top; y < top + 8; y++) {
    for (let x = left; x < left + 8; x++) {
      const [p, q] = [a[y * width + x] ?? 0, b[y * width + x] ?? 0];
      sumA += p;
      sumB += q;
      sumAA += p * p;
      sumBB += q * q;
      sumAB += p * q;
    }
  }
  const [meanA, meanB] = [sumA / 64, sumB / 64];
  const [varianceA, varianceB] = [sumAA / 64 - meanA ** 2, sumBB / 64 - meanB ** 2];
  const covariance = sumAB / 64 - meanA * meanB;
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  return (
    ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2))
  );
}

function lumaOf({ data, width, height }: Picture): Float64Array {
  const luma = new Float64Array(width * height);
  for (let i = 0; i < luma.length; i++) {
    luma[i] = 0.2126 * (data[i * 3] ?? 0) + 0.7152 * (data[i * 3 + 1] ?? 0) + 0.0722 * (data[i * 3 + 2] ?? 0);
  }
  return luma;
}
