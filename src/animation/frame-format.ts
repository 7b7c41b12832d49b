import type { FrameKernels } from './kernels/frame-memory.js';

/** Memory layouts of a frame, by FFmpeg's names: planes or packed pixels one after another, without padding. */
export type PixelFormat = 'yuv420p' | 'yuv420p10le' | 'yuv422p10le' | 'rgb24' | 'bgra';

export type FrameSize = { readonly width: number; readonly height: number };

type FrameFormat = {
  /** bits of a sample, which decide how precisely frames are blended */
  readonly depth: 8 | 10;
  /** video shares chroma samples between pixels: it needs even sides */
  readonly evenSides: boolean;
  /** bytes of a pixel, on average */
  readonly bytesPerPixel: number;
  /** Converts a packed RGB picture at `rgb` to a frame at `out`; odd sides are made even by repeating the edge. */
  readonly convert: (kernels: FrameKernels, rgb: number, out: number, picture: FrameSize) => void;
};

export const frameFormats: Readonly<Record<PixelFormat, FrameFormat>> = {
  yuv420p: {
    depth: 8,
    evenSides: true,
    bytesPerPixel: 1.5,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv420(rgb, out, width, height),
  },
  yuv420p10le: {
    depth: 10,
    evenSides: true,
    bytesPerPixel: 3,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv10(rgb, out, width, height, 2),
  },
  yuv422p10le: {
    depth: 10,
    evenSides: true,
    bytesPerPixel: 4,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv10(rgb, out, width, height, 1),
  },
  rgb24: {
    depth: 8,
    evenSides: false,
    bytesPerPixel: 3,
    convert: (kernels, rgb, out, { width, height }) => kernels.copy(rgb, out, width * height * 3),
  },
  bgra: {
    depth: 8,
    evenSides: false,
    bytesPerPixel: 4,
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToBgra(rgb, out, width, height),
  },
};

/** The size of the frames that show pictures of a given size. */
export function frameSize(format: PixelFormat, { width, height }: FrameSize): FrameSize {
  if (!frameFormats[format].evenSides) return { width, height };
  return { width: width + (width % 2), height: height + (height % 2) };
}

/** Bytes of a frame of this size. */
export function frameBytes(format: PixelFormat, { width, height }: FrameSize): number {
  return width * height * frameFormats[format].bytesPerPixel;
}
