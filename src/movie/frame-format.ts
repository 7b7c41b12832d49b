import type { PlanarLayout } from '../motion/planar-layout.js';
import type { PixelFormat } from '../options/codecs.js';
import type { Size } from '../pictures/picture.js';
import type { FrameKernels } from './kernels/frame-memory.js';

/** Layouts in which frames are interpolated: those of encoders but palettes, and planes of green, blue and red. */
export type WorkingFormat = Exclude<PixelFormat, 'pal8'> | 'gbrp';

/** A palette follows the indices: 256 colours, four bytes each. */
export const paletteBytes = 256 * 4;

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
  readonly convert: (kernels: FrameKernels, rgb: number, out: number, picture: Size) => void;
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

/** Whether it is a format of video, which shares chroma samples between pixels, rather than of pictures. */
export function isVideo(format: PixelFormat | WorkingFormat): boolean {
  return format !== 'pal8' && frameFormats[format].evenSides;
}

/** The size of the frames that show pictures of a given size. */
export function frameSize(format: PixelFormat | WorkingFormat, { width, height }: Size): Size {
  if (!isVideo(format)) return { width, height };
  return { width: width + (width % 2), height: height + (height % 2) };
}

/** Bytes of a frame of this size. */
export function frameBytes(format: PixelFormat | WorkingFormat, { width, height }: Size): number {
  return format === 'pal8' ? width * height + paletteBytes : width * height * frameFormats[format].bytesPerPixel;
}
