import { fade, mix, sampleCells } from './cells';
import { patchWithin, sum } from './patch';
import { CELL, Level, PATCH } from './structures';

/** Mean squared difference of luma that is too small to see, so that motion need not explain it. */
const UNSEEN: f32 = 2;
/** Motion is trusted where it leaves less than this part of the squared difference that a cross-fade has, … */
const TRUSTED: f32 = 0.25;
/** … and not trusted where it leaves more than this. */
const DOUBTED: f32 = 0.55;
/** Below this mean squared difference in place no motion can be trusted. */
const HIDDEN: f32 = UNSEEN / DOUBTED - UNSEEN;
/** Motion there and back may miss the start by this many samples … */
const RETURNS: f32 = 0.7;
/** … and is not trusted at all from here on. */
const ASTRAY: f32 = 2.5;

/**
 * Rows of cells: how far the motion can be trusted, 0 to 1. It is where the sources match along it much better than
 * in place, and where the motion of the other direction leads back. Reads `cells`, writes `rough`.
 */
export function measureConfidence(level: Level, opposite: Level, firstRow: i32, endRow: i32): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < level.columns; column++) {
      const offset = <usize>((row * level.columns + column) << 4);
      const x = load<f32>(level.cells + offset);
      const y = load<f32>(level.cells + offset, 4);
      const left = column * CELL - (PATCH - CELL) / 2;
      const top = row * CELL - (PATCH - CELL) / 2;
      const inPlace = meanSquare(level, left, top, 0, 0);
      if (inPlace < HIDDEN) {
        v128.store(level.rough + offset, f32x4(x, y, 0, 0));
        continue;
      }
      const moved = meanSquare(level, left, top, x, y);
      const back = sampleCells(opposite.cells, opposite, <f32>column + x / <f32>CELL, <f32>row + y / <f32>CELL);
      const missX = x + f32x4.extract_lane(back, 0);
      const missY = y + f32x4.extract_lane(back, 1);
      const miss = <f32>Math.sqrt(<f64>(missX * missX + missY * missY));
      const matches = fade((moved + UNSEEN) / (inPlace + UNSEEN), TRUSTED, DOUBTED);
      v128.store(level.rough + offset, f32x4(x, y, matches * fade(miss, RETURNS, ASTRAY), moved));
    }
  }
}

/** The mean squared difference of 8×8 samples at (left, top) and those of the other source, moved by (x, y). */
function meanSquare(level: Level, left: i32, top: i32, x: f32, y: f32): f32 {
  x = patchWithin(<f32>left + x, level.width);
  y = patchWithin(<f32>top + y, level.height);
  const column = floor(x);
  const row = floor(y);
  const partX = f32x4.splat(x - column);
  const partY = f32x4.splat(y - row);
  const stride = <usize>level.stride;
  let from = level.from + <usize>(top * level.stride + (left << 2));
  let to = level.to + <usize>(<i32>row * level.stride + ((<i32>column) << 2));
  let before0 = mix(v128.load(to), v128.load(to, 4), partX);
  let before1 = mix(v128.load(to, 16), v128.load(to, 20), partX);
  let squares = f32x4.splat(0);
  for (let i = 0; i < PATCH; i++) {
    to += stride;
    const after0 = mix(v128.load(to), v128.load(to, 4), partX);
    const after1 = mix(v128.load(to, 16), v128.load(to, 20), partX);
    const difference0 = f32x4.sub(mix(before0, after0, partY), v128.load(from));
    const difference1 = f32x4.sub(mix(before1, after1, partY), v128.load(from, 16));
    squares = f32x4.add(squares, f32x4.mul(difference0, difference0));
    squares = f32x4.add(squares, f32x4.mul(difference1, difference1));
    before0 = after0;
    before1 = after1;
    from += stride;
  }
  return sum(squares) / <f32>(PATCH * PATCH);
}

/** The weight of cells without confidence where there are no better ones. */
const LITTLE: f32 = 0.001;

/**
 * Rows of cells: motion becomes that of the trusted cells around, and confidence is smoothed, so that the frame
 * fades from moved to cross-faded. Reads `rough`, writes `cells`.
 */
export function smoothMotion(level: Level, firstRow: i32, endRow: i32): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < level.columns; column++) {
      let motion = f32x4.splat(0);
      let weights: f32 = 0;
      let confidence: f32 = 0;
      for (let i = -1; i <= 1; i++) {
        const nearRow = 2 - i * i;
        const line = level.rough + <usize>((min(max(row + i, 0), level.rows - 1) * level.columns) << 4);
        for (let j = -1; j <= 1; j++) {
          const cell = line + <usize>(min(max(column + j, 0), level.columns - 1) << 4);
          const nearColumn = 2 - j * j;
          const near = <f32>(nearRow * nearColumn);
          const weight = near * (load<f32>(cell, 8) + LITTLE);
          motion = f32x4.add(motion, f32x4.mul(v128.load(cell), f32x4.splat(weight)));
          weights += weight;
          confidence += near * load<f32>(cell, 8);
        }
      }
      const cell = level.cells + <usize>((row * level.columns + column) << 4);
      v128.store(cell, f32x4.mul(motion, f32x4.splat(1 / weights)));
      store<f32>(cell, confidence * (1.0 / 16), 8);
    }
  }
}
