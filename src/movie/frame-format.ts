import type { PlanarLayout } from '../motion/motion-interpolator.js';
import type { PixelFormat } from '../options/codecs.js';
import type { Size } from '../pictures/picture.js';
import type { FrameKernels, KernelBuffer } from './kernels/frame-memory.js';

/** Layouts in which frames are interpolated: those of video encoders, and planes of green, blue and red. */
type WorkingFormat = Extract<PixelFormat, `yuv${string}`> | 'gbrp';

/** Layouts of image formats, which frames are packed into last. */
type PackedFormat = Exclude<PixelFormat, WorkingFormat>;

type Convert = (kernels: FrameKernels, rgb: number, out: number, picture: Size) => void;

type FrameFormat = {
  /** layout of the planes */
  readonly planes: Pick<PlanarLayout, 'chroma' | 'depth'>;
  /** on average */
  readonly bytesPerPixel: number;
  /** Converts a packed RGB picture at `rgb` to a frame at `out`; odd sides are made even by repeating the edge. */
  readonly convert: Convert;
  /** the same with more time for edges; default: `convert` */
  readonly convertSharply?: Convert;
};

export const frameFormats: Readonly<Record<WorkingFormat, FrameFormat>> = {
  yuv420p: {
    planes: { chroma: '420', depth: 8 },
    bytesPerPixel: 1.5,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv420(rgb, out, width, height),
    convertSharply: (kernels, rgb, out, { width, height }) => kernels.rgbToSharpYuv420(rgb, out, width, height),
  },
  yuv422p10le: {
    planes: { chroma: '422', depth: 10 },
    bytesPerPixel: 4,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv422(rgb, out, width, height),
  },
  gbrp: {
    planes: { chroma: '444', depth: 8 },
    bytesPerPixel: 3,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToPlanes(rgb, out, width, height),
  },
};

/** Whether it is a format of video, in BT.709 with shared chroma samples, rather than of images. */
export function isVideo(format: PixelFormat): format is Exclude<WorkingFormat, 'gbrp'> {
  return format.startsWith('yuv');
}

/** The layout in which the frames for an encoder are made. */
export function workingFormatOf(format: PixelFormat): WorkingFormat {
  return isVideo(format) ? format : 'gbrp';
}

/** The size of the frames for pictures of a size: chroma samples that pixels share need even sides. */
export function frameSize(format: PixelFormat, { width, height }: Size): Size {
  if (!isVideo(format)) return { width, height };
  return { width: width + (width % 2), height: height + (height % 2) };
}

/** Sizes in samples of the three planes in which frames of a size are made. */
export function planeSizes(format: PixelFormat, size: Size): readonly [Size, Size, Size] {
  const { width, height } = frameSize(format, size);
  const { chroma } = frameFormats[workingFormatOf(format)].planes;
  const subsampled = { width: chroma === '444' ? width : width / 2, height: chroma === '420' ? height / 2 : height };
  return [{ width, height }, subsampled, subsampled];
}

/** Bytes of a palette, which follows the indices of a frame: 256 colours as BGRA. */
const paletteBytes = 256 * 4;
/** Bytes of the table by which the nearest colour of a palette is found. */
const lookupBytes = 2 ** 18;

/** Packs frames of green, blue and red planes for an encoder of an image format. */
export class FramePacker {
  readonly #format: PackedFormat;
  readonly #size: Size;
  readonly #kernels: FrameKernels;
  readonly #out: KernelBuffer;
  readonly #lookup: KernelBuffer;
  readonly #errors: KernelBuffer;

  /** Sizes in bytes of the buffers that it needs; all 0 for video, which needs no packing. */
  static bufferSizes(format: PixelFormat, { width, height }: Size): readonly [number, number, number] {
    const pixels = width * height;
    switch (format) {
      case 'pal8':
        return [pixels + paletteBytes, lookupBytes, 2 * (width + 2) * 12];
      case 'rgb24':
        return [pixels * 3, 0, 0];
      case 'bgra':
        return [pixels * 4, 0, 0];
      default:
        return [0, 0, 0];
    }
  }

  /** @param palette 256 colours as BGRA, for `pal8` */
  constructor(
    format: PackedFormat,
    size: Size,
    kernels: FrameKernels,
    [out, lookup, errors]: readonly [KernelBuffer, KernelBuffer, KernelBuffer],
    palette: Uint8Array | undefined,
  ) {
    this.#format = format;
    this.#size = size;
    this.#kernels = kernels;
    this.#out = out;
    this.#lookup = lookup;
    this.#errors = errors;
    if (format !== 'pal8') return;
    if (palette) out.bytes.set(palette, out.bytes.length - paletteBytes);
    kernels.fillPaletteLookup(this.#palette, lookup.address);
  }

  get #palette(): number {
    return this.#out.address + this.#out.bytes.length - paletteBytes;
  }

  pack(planes: KernelBuffer): KernelBuffer {
    const { width, height } = this.#size;
    const [from, to] = [planes.address, this.#out.address];
    switch (this.#format) {
      case 'pal8':
        this.#kernels.ditherPlanes(from, to, width, height, this.#palette, this.#lookup.address, this.#errors.address);
        break;
      case 'rgb24':
        this.#kernels.planesToRgb(from, to, width * height);
        break;
      case 'bgra':
        this.#kernels.planesToBgra(from, to, width * height);
        break;
    }
    return this.#out;
  }
}
