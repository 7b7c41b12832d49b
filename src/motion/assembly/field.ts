import { fade, sampleCells, withinPicture } from './cells';
import { CELL, Level } from './structures';

/** Motions of the two directions that differ by fewer samples are the same … */
const AGREE: f32 = 0.7;
/** … and by more contradict each other. */
const CONTRADICT: f32 = 2.5;
/** Maximum number of times that a motion is followed back to its source, until it changes by less than SETTLED. */
const ROUNDS: i32 = 2;
/** In samples, squared. */
const SETTLED: f32 = 0.01;

/**
 * Rows of cells of the frame at `weight` between the sources: the motion from the first source to the second through the
 * cell, how far it can be trusted, and the share of the second source. The places that a cell comes from and goes to are
 * found by following the motion of each source back to it, up to ROUNDS times. Writes `field`.
 */
export function motionAt(forward: Level, backward: Level, weight: f32, field: usize, firstRow: i32, endRow: i32): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < forward.columns; column++) {
      const a = follow(forward, column, row, weight);
      const b = follow(backward, column, row, 1 - weight);
      const cell = field + <usize>((row * forward.columns + column) << 4);
      const trust = f32x4.extract_lane(f32x4.add(a, b), 2);
      if (trust === 0) v128.store(cell, f32x4(0, 0, 0, weight));
      else v128.store(cell, withShare(forward, column, row, reconcile(a, b, weight), weight));
    }
  }
}

/** The motion of the cell that reaches (column, row) after the part `way` of its motion. */
function follow(level: Level, column: i32, row: i32, way: f32): v128 {
  const scale = way / <f32>CELL;
  let motion = v128.load(level.cells + <usize>((row * level.columns + column) << 4));
  let rest: f32 = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const x = f32x4.extract_lane(motion, 0);
    const y = f32x4.extract_lane(motion, 1);
    motion = sampleCells(level.cells, level, <f32>column - x * scale, <f32>row - y * scale);
    const restX = (f32x4.extract_lane(motion, 0) - x) * way;
    const restY = (f32x4.extract_lane(motion, 1) - y) * way;
    rest = restX * restX + restY * restY;
    if (rest < SETTLED) break;
  }
  if (f32x4.extract_lane(motion, 2) === 0) return motion;
  const found = fade(<f32>Math.sqrt(<f64>rest), AGREE, CONTRADICT);
  return f32x4.replace_lane(motion, 2, f32x4.extract_lane(motion, 2) * found);
}

/** The motion with the share of the second source as its fourth float: 1 if the motion comes from outside the picture. */
function withShare(level: Level, column: i32, row: i32, motion: v128, weight: f32): v128 {
  const x = f32x4.extract_lane(motion, 0) * (<f32>1 / <f32>CELL);
  const y = f32x4.extract_lane(motion, 1) * (<f32>1 / <f32>CELL);
  const rest: f32 = <f32>1 - weight;
  const ofA = rest * withinPicture(level, <f32>column - x * weight, <f32>row - y * weight);
  const ofB = weight * withinPicture(level, <f32>column + x * rest, <f32>row + y * rest);
  return f32x4.replace_lane(motion, 3, ofA + ofB > 0 ? ofB / (ofA + ofB) : weight);
}

/** Combines the motions of both directions, weighted by their trust, which decreases if they disagree. */
function reconcile(a: v128, b: v128, weight: f32): v128 {
  const trustA = f32x4.extract_lane(a, 2);
  const trustB = f32x4.extract_lane(b, 2);
  const weightA = (trustA * trustA + <f32>0.0001) * (1 - weight);
  const weightB = (trustB * trustB + <f32>0.0001) * weight;
  const all: f32 = 1 / (weightA + weightB);
  const partA = weightA * all;
  const partB = weightB * all;
  const differenceX = f32x4.extract_lane(a, 0) + f32x4.extract_lane(b, 0);
  const differenceY = f32x4.extract_lane(a, 1) + f32x4.extract_lane(b, 1);
  const difference = <f32>Math.sqrt(<f64>(differenceX * differenceX + differenceY * differenceY));
  const contradict: f32 = <f32>1 - fade(difference, AGREE, CONTRADICT);
  const doubt: f32 = contradict * partA * partB * 4;
  // The backward motion is reversed.
  const motion = f32x4.sub(f32x4.mul(a, f32x4.splat(partA)), f32x4.mul(b, f32x4.splat(partB)));
  return f32x4.replace_lane(motion, 2, (trustA * partA + trustB * partB) * (<f32>1 - doubt));
}
