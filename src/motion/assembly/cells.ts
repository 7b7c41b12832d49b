import { CELL, Level } from './structures';

/** The four floats of the cells around (column, row), interpolated; a cell's centre is at whole numbers. */
export function sampleCells(cells: usize, level: Level, column: f32, row: f32): v128 {
  const left = floor(column);
  const top = floor(row);
  const x = min(max(<i32>left, 0), level.columns - 1);
  const y = min(max(<i32>top, 0), level.rows - 1);
  const right: usize = <i32>left === x && x < level.columns - 1 ? 16 : 0;
  const below: usize = <i32>top === y && y < level.rows - 1 ? <usize>(level.columns << 4) : 0;
  const upper = cells + <usize>((y * level.columns + x) << 4);
  const lower = upper + below;
  const partX = f32x4.splat(column - left);
  const mixed = mix(v128.load(upper), v128.load(upper + right), partX);
  return mix(mixed, mix(v128.load(lower), v128.load(lower + right), partX), f32x4.splat(row - top));
}

/** 1 where (column, row) is within the picture, 0 where it is a cell or more outside, linear between. */
export function withinPicture(level: Level, column: f32, row: f32): f32 {
  const right: f32 = <f32>level.width * (<f32>1 / <f32>CELL) - 0.5;
  const bottom: f32 = <f32>level.height * (<f32>1 / <f32>CELL) - 0.5;
  const edge: f32 = -0.5;
  const beyond = max(max(edge - column, column - right), max(edge - row, row - bottom));
  return fade(beyond, 0, 1);
}

/** a + (b - a) * part */
export function mix(a: v128, b: v128, part: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), part));
}

/** 1 below `full`, 0 above `none`, linear between. */
export function fade(value: f32, full: f32, none: f32): f32 {
  const part = (none - value) / (none - full);
  return part < 0 ? 0 : part > 1 ? 1 : part;
}
