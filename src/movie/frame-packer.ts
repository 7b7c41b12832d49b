import type { PixelFormat } from '../options/codecs.js';
import type { Size } from '../pictures/picture.js';
import { frameBytes, frameFormats, paletteBytes } from './frame-format.js';
import type { FrameKernels, KernelBuffer } from './kernels/frame-memory.js';

/** Bytes of the table that finds the nearest colour of a palette. */
const lookupBytes = 2 ** 18;

/** Brings frames of planes of green, blue and red into the layout of an encoder that wants packed pixels or a palette. */
export class FramePacker {
  readonly #format: Exclude<PixelFormat, `yuv${string}`>;
  readonly #size: Size;
  readonly #kernels: FrameKernels;
  readonly #out: KernelBuffer;
  readonly #lookup: KernelBuffer;
  readonly #errors: KernelBuffer;

  /** Sizes in bytes of the buffers that it needs. */
  static bufferSizes(format: PixelFormat, size: Size): readonly [number, number, number] {
    const isPalette = format === 'pal8';
    return [frameBytes(format, size), isPalette ? lookupBytes : 0, isPalette ? 2 * (size.width + 2) * 12 : 0];
  }

  /** @param palette 256 colours as BGRA, for `pal8` */
  constructor(
    format: Exclude<PixelFormat, `yuv${string}`>,
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
    if (this.#format === 'pal8') {
      this.#kernels.ditherPlanes(from, to, width, height, this.#palette, this.#lookup.address, this.#errors.address);
    } else {
      this.#kernels.packPlanes(from, to, width * height, frameFormats[this.#format].bytesPerPixel);
    }
    return this.#out;
  }
}
