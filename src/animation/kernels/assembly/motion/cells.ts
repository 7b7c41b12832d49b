import { Level } from './structures';

/** The four floats of the cells around (column, row), interpolated; a cell's centre is at whole numbers. */
export function sampleCells(cells: usize, level: Level, column: f32, row: f32): v128 {
  const x = min(max(column, 0), <f32>(level.columns - 1));
  const y = min(max(row, 0), <f32>(level.rows - 1));
  const left = <i32>x;
  const top = <i32>y;
  const right = min(left + 1, level.columns - 1);
  const bottom = min(top + 1, level.rows - 1);
  const upper = cells + <usize>((top * level.columns) << 4);
  const lower = cells + <usize>((bottom * level.columns) << 4);
  const partX = f32x4.splat(x - <f32>left);
  const above = mix(v128.load(upper + <usize>(left << 4)), v128.load(upper + <usize>(right << 4)), partX);
  const below = mix(v128.load(lower + <usize>(left << 4)), v128.load(lower + <usize>(right << 4)), partX);
  return mix(above, below, f32x4.splat(y - <f32>top));
}

/** The vector `part` of the way from a to b. */
export function mix(a: v128, b: v128, part: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), part));
}

/** 1 below `full`, 0 above `none`, a straight line between. */
export function fade(value: f32, full: f32, none: f32): f32 {
  return min(max((none - value) / (none - full), 0), 1);
}
