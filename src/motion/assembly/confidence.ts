import { fade, mix, sampleCells, withinPicture } from './cells';
import { patchWithin, sum } from './patch';
import { CELL, Level, PATCH } from './structures';

/** Mean squared difference of luma that is too small to see. */
const UNSEEN: f32 = 2;
/** Below this difference in place, motion cannot reduce it by so much that it is trusted. */
const HIDDEN: f32 = 1.6;

/**
 * Rows of cells: how much the sources differ along the motion, and in place. Reads `cells`; writes `rough` (motion in x
 * and y, mean squared differences along it and in place), and their sums over each row to `sums`.
 */
export function measureMatch(level: Level, firstRow: i32, endRow: i32): void {
  for (let row = firstRow; row < endRow; row++) {
    let allMoved: f32 = 0;
    let allInPlace: f32 = 0;
    for (let column = 0; column < level.columns; column++) {
      const offset = <usize>((row * level.columns + column) << 4);
      const x = load<f32>(level.cells + offset);
      const y = load<f32>(level.cells + offset, 4);
      const left = column * CELL - (PATCH - CELL) / 2;
      const top = row * CELL - (PATCH - CELL) / 2;
      const inPlace = meanSquare(level, left, top, 0, 0);
      let moved = inPlace;
      if (inPlace > HIDDEN) {
        moved = meanSquare(level, left, top, x, y);
        allMoved += moved;
        allInPlace += inPlace;
      }
      v128.store(level.rough + offset, f32x4(x, y, moved, inPlace));
    }
    store<f32>(level.sums + <usize>(row << 3), allMoved);
    store<f32>(level.sums + <usize>(row << 3), allInPlace, 4);
  }
}

/**
 * A pair shows motion if motion leaves less than the first share of the squared difference over the whole picture, and
 * change if it leaves more than the second. Measured by leaving out pictures: pans, zooms and rotations leave 0.005 to
 * 0.09, steps of denoising 0.3 to 1.
 */
const MOTION_LEAVES: f32 = 0.1;
const CHANGE_LEAVES: f32 = 0.3;

/**
 * A cell is trusted fully if motion leaves less than the first share of its squared difference in place, and not at all
 * if it leaves more than the second in a pair of change, or more than the third in a pair of motion.
 */
const MATCH_FULL: f32 = 0.25;
const MATCH_NONE_CHANGE: f32 = 0.55;
const MATCH_NONE_MOTION: f32 = 2;
/** The same for the distance, in samples, between the start and the end of the motion there and back. */
const MISS_FULL: f32 = 0.7;
const MISS_NONE_CHANGE: f32 = 2.5;
const MISS_NONE_MOTION: f32 = 10;
/** Maximum trust in a pair of change, where some motion fits everywhere by chance. */
const MAX_TRUST_CHANGE: f32 = 0.5;

/**
 * Rows of cells: how far the motion can be trusted, 0 to 1. It is trusted if the sources match much better along it than in
 * place, and if the motion of the other direction leads back; the more of the whole picture motion explains, the lower is
 * the threshold for a cell. Replaces the differences in `rough` by the trust, and by the certainty of the motion itself.
 */
export function trustMotion(level: Level, opposite: Level, firstRow: i32, endRow: i32): void {
  const motion = motionShare(level);
  const matchNone = MATCH_NONE_CHANGE + (MATCH_NONE_MOTION - MATCH_NONE_CHANGE) * motion;
  const missNone = MISS_NONE_CHANGE + (MISS_NONE_MOTION - MISS_NONE_CHANGE) * motion;
  const maxTrust = MAX_TRUST_CHANGE + (<f32>1 - MAX_TRUST_CHANGE) * motion;
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < level.columns; column++) {
      const cell = level.rough + <usize>((row * level.columns + column) << 4);
      const x = load<f32>(cell);
      const y = load<f32>(cell, 4);
      const toColumn = <f32>column + x / <f32>CELL;
      const toRow = <f32>row + y / <f32>CELL;
      // What leaves the picture cannot match: in a pair of motion, it is trusted.
      const gone: f32 = motion * (<f32>1 - withinPicture(level, toColumn, toRow));
      const match = ((<f32>1 - gone) * (load<f32>(cell, 8) + UNSEEN)) / (load<f32>(cell, 12) + UNSEEN);
      const back = sampleCells(opposite.cells, opposite, toColumn, toRow);
      const missX = x + f32x4.extract_lane(back, 0);
      const missY = y + f32x4.extract_lane(back, 1);
      const miss = <f32>Math.sqrt(<f64>(missX * missX + missY * missY));
      const sure = fade(match, MATCH_FULL, MATCH_NONE_CHANGE) * fade(miss, MISS_FULL, MISS_NONE_CHANGE);
      const trust = maxTrust * fade(match, MATCH_FULL, matchNone) * fade(miss, MISS_FULL, missNone);
      const isSeen = load<f32>(cell, 12) > HIDDEN;
      store<f32>(cell, isSeen ? trust : 0, 8);
      store<f32>(cell, isSeen ? sure : 0, 12);
    }
  }
}

/** How far a pair shows motion rather than change, 0 to 1, by the sums of `measureMatch`. */
export function motionShare(level: Level): f32 {
  return fade(leftByMotion(level), MOTION_LEAVES, CHANGE_LEAVES);
}

/** The share of the squared difference of the sources that motion leaves, over the whole picture. */
function leftByMotion(level: Level): f32 {
  let moved: f32 = 0;
  let inPlace: f32 = UNSEEN;
  for (let row = 0; row < level.rows; row++) {
    moved += load<f32>(level.sums + <usize>(row << 3));
    inPlace += load<f32>(level.sums + <usize>(row << 3), 4);
  }
  return moved / inPlace;
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

/** Weight of cells with uncertain motion, for where there are no others. */
const LITTLE: f32 = 0.001;
/** Trust below which samples are not worth moving. */
const BARELY: f32 = 0.05;

/**
 * Rows of cells: motion becomes that of the certain cells around, and trust is smoothed, so that the frame goes gradually
 * from moved to cross-faded. Reads `rough`, writes `cells`.
 */
export function smoothMotion(level: Level, firstRow: i32, endRow: i32): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < level.columns; column++) {
      let motion = f32x4.splat(0);
      let weights: f32 = 0;
      let trust: f32 = 0;
      for (let i = -1; i <= 1; i++) {
        const nearRow = 2 - i * i;
        const line = level.rough + <usize>((min(max(row + i, 0), level.rows - 1) * level.columns) << 4);
        for (let j = -1; j <= 1; j++) {
          const cell = line + <usize>(min(max(column + j, 0), level.columns - 1) << 4);
          const nearColumn = 2 - j * j;
          const near = <f32>(nearRow * nearColumn);
          const weight = near * (load<f32>(cell, 12) + LITTLE);
          motion = f32x4.add(motion, f32x4.mul(v128.load(cell), f32x4.splat(weight)));
          weights += weight;
          trust += near * load<f32>(cell, 8);
        }
      }
      const cell = level.cells + <usize>((row * level.columns + column) << 4);
      v128.store(cell, f32x4.mul(motion, f32x4.splat(1 / weights)));
      store<f32>(cell, max((trust * (1.0 / 16) - BARELY) / (<f32>1 - BARELY), 0), 8);
    }
  }
}
