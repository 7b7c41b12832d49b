// The structures that `../memory.ts` writes into the shared memory, in the same order.

/** Samples beyond the edges of each luma plane of a pyramid, copies of the outermost ones. */
export const LUMA_MARGIN: i32 = 16;
/** The same of the planes that frames are made from. */
export const PLANE_MARGIN: i32 = 8;
/** Side of a cell, a square with one motion vector, in samples of its level. */
export const CELL: i32 = 4;
/** Side of a patch, a square that is searched for; it covers four cells. */
export const PATCH: i32 = 8;

/** One level of the luma pyramids of both sources, seen in one direction: from one source to the other. */
@unmanaged
export class Level {
  /** in samples of this level */
  width: i32;
  height: i32;
  /** bytes from one row to the next; samples are 32-bit floats in units of 8-bit luma */
  stride: i32;
  /** number of cells */
  columns: i32;
  rows: i32;
  /** the first sample of the source that motion starts from, and of the other */
  from: usize;
  to: usize;
  /** (columns + 1) × (rows + 1) patches */
  patches: usize;
  /** columns × rows of four floats: motion in x and y in samples of this level, trust (0 to 1), certainty (0 to 1) */
  cells: usize;
  /** the same before smoothing */
  rough: usize;
  /** two floats per row: the sums of squared differences along the motion and in place */
  sums: usize;
}

/** The result of the search for a patch. */
@unmanaged
export class Patch {
  x: f32;
  y: f32;
  /** how well a patch can be located in every direction: the smaller eigenvalue of its structure tensor */
  texture: f32;
  unused: f32;
  /** sum of squared differences of each quarter: upper left, upper right, lower left, lower right */
  upperLeft: f32;
  upperRight: f32;
  lowerLeft: f32;
  lowerRight: f32;
}

/** A plane of both sources and of the frame made from them. */
@unmanaged
export class Plane {
  /** in samples */
  width: i32;
  height: i32;
  /** bytes from one row to the next; samples are 16-bit words */
  stride: i32;
  /** the first samples of the two sources */
  a: usize;
  b: usize;
  /** width and height of a sample of this plane in luma samples */
  scaleX: i32;
  scaleY: i32;
}
