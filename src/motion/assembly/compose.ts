import { mix } from './cells';
import { beginPlane, CELL_BITS, firstCell, movedSamples, step } from './move';
import { CELL, Level, Plane } from './structures';

/** Weights of the cross-fade are in units of 1/16384, so that they fit into signed 16 bits. */
const BLEND_BITS: i32 = 14;
const BLEND_ONE: i32 = 16384;

/**
 * Rows of one plane of the frame at `weight`: both sources, each moved along its part of the motion, cross-faded; where the
 * motion is not trusted, the sources in place, cross-faded. `out` has `bytes` per sample and no padding, `highest` is the
 * maximum of a sample, and `line` has room for six cells more than a row of `field`.
 */
export function composeRows(
  plane: Plane,
  level: Level,
  field: usize,
  weight: f32,
  filter: usize,
  out: usize,
  bytes: i32,
  highest: i32,
  line: usize,
  firstRow: i32,
  endRow: i32,
): void {
  beginPlane(plane, weight, filter);
  const partOfB = <i32>nearest(weight * <f32>BLEND_ONE);
  const weights = i32x4.splat((partOfB << 16) | (BLEND_ONE - partOfB));
  for (let y = firstRow; y < endRow; y++) {
    mixLine(level, field, (<f32>y + 0.5) * (<f32>plane.scaleY / <f32>CELL) - 0.5, line);
    const row = <usize>(y * plane.stride);
    const target = out + <usize>(y * plane.width * bytes);
    let cell = firstCell;
    for (let x = 0; x < plane.width; x += 8) {
      const at = row + <usize>(x << 1);
      let words: v128;
      if (isMoved(line, cell, level.columns)) {
        words = i16x8.min_u(movedSamples(plane, x, y, line, cell), i16x8.splat(<i16>highest));
      } else {
        words = blendWords(plane.a + at, plane.b + at, weights);
      }
      storeWords(target, x, min(plane.width - x, 8), bytes, words);
      cell += 8 * step;
    }
  }
}

/** Interpolates a row of cells at `row`, with its first and last cell repeated. */
function mixLine(level: Level, field: usize, row: f32, line: usize): void {
  const y = min(max(row, 0), <f32>(level.rows - 1));
  const top = <i32>y;
  const upper = field + <usize>((top * level.columns) << 4);
  const lower = field + <usize>((min(top + 1, level.rows - 1) * level.columns) << 4);
  const part = f32x4.splat(y - <f32>top);
  const bytes = <usize>(level.columns << 4);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(line + i, mix(v128.load(upper + i), v128.load(lower + i), part), 16);
  }
  v128.store(line, v128.load(line, 16));
  v128.store(line + bytes, v128.load(line + bytes), 16);
}

/** Whether one of the cells that eight samples lie between has trusted motion. */
function isMoved(line: usize, cell: i32, columns: i32): bool {
  const last = min(((cell + 7 * step) >> CELL_BITS) + 1, columns + 1);
  let trust: f32 = 0;
  for (let i = cell >> CELL_BITS; i <= last; i++) trust += load<f32>(line + <usize>(i << 4), 8);
  return trust > 0;
}

/** Eight samples of both sources, cross-faded; `weights` are those of a and b in every pair of words, 1 / BLEND_ONE each. */
function blendWords(a: usize, b: usize, weights: v128): v128 {
  const ofA = v128.load(a);
  const ofB = v128.load(b);
  const half = i32x4.splat(BLEND_ONE / 2);
  const low = i32x4.dot_i16x8_s(v128.shuffle<i16>(ofA, ofB, 0, 8, 1, 9, 2, 10, 3, 11), weights);
  const high = i32x4.dot_i16x8_s(v128.shuffle<i16>(ofA, ofB, 4, 12, 5, 13, 6, 14, 7, 15), weights);
  return i16x8.narrow_i32x4_u(
    i32x4.shr_u(i32x4.add(low, half), BLEND_BITS),
    i32x4.shr_u(i32x4.add(high, half), BLEND_BITS),
  );
}

/** Stores the first `count` of eight samples, as words or as bytes. */
function storeWords(row: usize, x: i32, count: i32, bytes: i32, words: v128): void {
  const at = row + <usize>(x * bytes);
  const packed = bytes === 2 ? words : i8x16.narrow_i16x8_u(words, words);
  if (count === 8) {
    if (bytes === 2) v128.store(at, packed);
    else v128.store64_lane(at, packed, 0);
    return;
  }
  let rest = words;
  for (let i = 0; i < count; i++) {
    const word = i16x8.extract_lane_u(rest, 0);
    if (bytes === 2) store<u16>(at + <usize>(i << 1), <u16>word);
    else store<u8>(at + <usize>i, <u8>word);
    rest = v128.shuffle<i16>(rest, rest, 1, 2, 3, 4, 5, 6, 7, 0);
  }
}
