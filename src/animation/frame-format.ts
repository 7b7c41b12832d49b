import type { PlanarLayout } from './interpolation/planar-layout.js';
import type { FrameKernels } from './kernels/frame-memory.js';

/** Memory layouts of a frame, by FFmpeg's names: planes or packed pixels one after another, without padding. */
export type PixelFormat = 'yuv420p' | 'yuv420p10le' | 'yuv422p10le' | 'rgb24' | 'bgra';

/** Layouts in which frames are interpolated: those of encoders, and planes where motion cannot follow packed pixels. */
export type WorkingFormat = PixelFormat | 'gbrp';

export type FrameSize = { readonly width: number; readonly height: number };

type FrameFormat = {
  /** bits of a sample, which decide how precisely frames are blended */
  readonly depth: 8 | 10;
  /** video shares chroma samples between pixels: it needs even sides */
  readonly evenSides: boolean;
  /** bytes of a pixel, on average */
  readonly bytesPerPixel: number;
  /** how its planes lie, for the estimation of motion; packed pixels have none */
  readonly planes?: Pick<PlanarLayout, 'chroma' | 'depth'>;
  /** Converts a packed RGB picture at `rgb` to a frame at `out`; odd sides are made even by repeating the edge. */
  readonly convert: (kernels: FrameKernels, rgb: number, out: number, picture: FrameSize) => void;
};

export const frameFormats: Readonly<Record<WorkingFormat, FrameFormat>> = {
  yuv420p: {
    depth: 8,
    evenSides: true,
    bytesPerPixel: 1.5,
    planes: { chroma: '420', depth: 8 },
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv420(rgb, out, width, height),
  },
  yuv420p10le: {
    depth: 10,
    evenSides: true,
    bytesPerPixel: 3,
    planes: { chroma: '420', depth: 10 },
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv10(rgb, out, width, height, 2),
  },
  yuv422p10le: {
    depth: 10,
    evenSides: true,
    bytesPerPixel: 4,
    planes: { chroma: '422', depth: 10 },
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToYuv10(rgb, out, width, height, 1),
  },
  gbrp: {
    depth: 8,
    evenSides: false,
    bytesPerPixel: 3,
    planes: { chroma: '444', depth: 8 },
    convert: (kernels, rgb, out, { width, height }) => kernels.rgbToPlanes(rgb, out, width, height),
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
export function frameSize(format: WorkingFormat, { width, height }: FrameSize): FrameSize {
  if (!frameFormats[format].evenSides) return { width, height };
  return { width: width + (width % 2), height: height + (height % 2) };
}

/** Bytes of a frame of this size. */
export function frameBytes(format: WorkingFormat, { width, height }: FrameSize): number {
  return width * height * frameFormats[format].bytesPerPixel;
}
