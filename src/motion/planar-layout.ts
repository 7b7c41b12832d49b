/** The layout of a picture in memory: planes one after another, rows from top to bottom, without padding. */
export type PlanarLayout = {
  /** in pixels, 16 or more */
  readonly width: number;
  /** in pixels, 16 or more */
  readonly height: number;
  /** chroma subsampling: a sample for 2×2, 2×1 or 1×1 pixels; the first plane is searched for motion */
  readonly chroma: '420' | '422' | '444';
  /** bits per sample: 8 in a byte, 10 in a little-endian 16-bit word */
  readonly depth: 8 | 10;
};

/** A plane of a picture. */
export type PlaneLayout = {
  /** in samples */
  readonly width: number;
  readonly height: number;
  /** width and height of a sample in pixels */
  readonly scaleX: number;
  readonly scaleY: number;
  /** of the first sample, in bytes */
  readonly offset: number;
};

/** Bytes per sample: 1 or 2. */
export function sampleBytes({ depth }: PlanarLayout): number {
  return depth === 8 ? 1 : 2;
}

/** The planes of a picture, luma first; the sides of subsampled ones are rounded up. */
export function planesOf(layout: PlanarLayout): readonly PlaneLayout[] {
  const scaleX = layout.chroma === '444' ? 1 : 2;
  const scaleY = layout.chroma === '420' ? 2 : 1;
  const luma = { width: layout.width, height: layout.height, scaleX: 1, scaleY: 1, offset: 0 };
  const width = Math.ceil(layout.width / scaleX);
  const height = Math.ceil(layout.height / scaleY);
  const bytes = sampleBytes(layout);
  const offset = layout.width * layout.height * bytes;
  const chroma = { width, height, scaleX, scaleY };
  return [luma, { ...chroma, offset }, { ...chroma, offset: offset + width * height * bytes }];
}

/** Bytes of a whole picture. */
export function pictureBytes(layout: PlanarLayout): number {
  return planesOf(layout).reduce((sum, { width, height }) => sum + width * height * sampleBytes(layout), 0);
}
