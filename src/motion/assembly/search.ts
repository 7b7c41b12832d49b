import { comparePatch, cost, quarterCost, slopeX, slopeY, takePatch, tensorXX, tensorXY, tensorYY } from './patch';
import { CELL, Level, Patch } from './structures';

/** Keeps the steps of flat patches small; in units of the structure tensor (squared luma per sample, times 64). */
const FLAT: f32 = 16;
/** A step shorter than this (in samples, squared) ends the search. */
const STILL: f32 = 0.0009;
/** A patch that moves further than its own side (squared) is lost: the best motion so far is kept. */
const LOST: f32 = 64;
/** Starts that differ by less (in samples, squared) are the same. */
const SAME: f32 = 1;
/** A patch that differs by no more is found: a sum of squares, half a unit of luma per sample. */
const QUIET: f32 = 32;

let startX: f32 = 0;
let startY: f32 = 0;
let startCost: f32 = 0;
/** Whether the last comparison was at the start. */
let startIsLast: bool = false;

/**
 * Searches rows of patches: for each, the motion to the most similar place in the other source, by inverse compositional
 * steps from the best of the coarser level's motions around it.
 *
 * Source: T. Kroeger, R. Timofte, D. Dai, L. Van Gool, Fast Optical Flow using Dense Inverse Search, ECCV 2016,
 * section 2.1. Unlike there, several starts are tried, and the steps end when the cost increases.
 */
export function searchPatches(
  level: Level,
  coarser: Level | null,
  iterations: i32,
  firstRow: i32,
  endRow: i32,
  scratch: usize,
): void {
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column <= level.columns; column++) {
      const x = CELL * (column - 1);
      const y = CELL * (row - 1);
      const at = level.from + <usize>(y * level.stride + (x << 2));
      takePatch(at, level.stride, scratch);
      comparePatch(level, <f32>x, <f32>y, scratch);
      startX = 0;
      startY = 0;
      startCost = cost;
      startIsLast = true;
      if (coarser && cost > QUIET) tryCoarser(level, coarser, column, row, scratch);
      const address = level.patches + <usize>((row * (level.columns + 1) + column) * offsetof<Patch>());
      descend(level, x, y, iterations, changetype<Patch>(address), scratch);
    }
  }
}

/** Tries the motions of the four to nine cells of the coarser level around a patch's centre. */
function tryCoarser(level: Level, coarser: Level, column: i32, row: i32, scratch: usize): void {
  // The patch's centre is the corner (column, row) of this level's cells, so (column - 1, row - 1) / 2 in coarser cells.
  for (let i = (row >> 1) - 1; i <= (row + 1) >> 1; i++) {
    const cells = coarser.cells + <usize>((min(max(i, 0), coarser.rows - 1) * coarser.columns) << 4);
    for (let j = (column >> 1) - 1; j <= (column + 1) >> 1; j++) {
      const cell = cells + <usize>(min(max(j, 0), coarser.columns - 1) << 4);
      tryStart(level, column, row, 2 * load<f32>(cell), 2 * load<f32>(cell, 4), scratch);
    }
  }
}

function tryStart(level: Level, column: i32, row: i32, x: f32, y: f32, scratch: usize): void {
  if ((x - startX) * (x - startX) + (y - startY) * (y - startY) < SAME) return;
  comparePatch(level, <f32>(CELL * (column - 1)) + x, <f32>(CELL * (row - 1)) + y, scratch);
  startIsLast = cost < startCost;
  if (!startIsLast) return;
  startX = x;
  startY = y;
  startCost = cost;
}

/** Gauss-Newton steps from the start, as long as the cost decreases. */
function descend(level: Level, left: i32, top: i32, iterations: i32, patch: Patch, scratch: usize): void {
  const xx = tensorXX + FLAT;
  const yy = tensorYY + FLAT;
  const inverse: f32 = 1 / (xx * yy - tensorXY * tensorXY);
  let x = startX;
  let y = startY;
  let best: f32 = f32.MAX_VALUE;
  patch.x = x;
  patch.y = y;
  for (let i = 0; ; i++) {
    if (i > 0 || !startIsLast) comparePatch(level, <f32>left + x, <f32>top + y, scratch);
    if (cost >= best) break;
    best = cost;
    patch.x = x;
    patch.y = y;
    patch.upperLeft = quarterCost(scratch, 0);
    patch.upperRight = quarterCost(scratch, 1);
    patch.lowerLeft = quarterCost(scratch, 2);
    patch.lowerRight = quarterCost(scratch, 3);
    if (i === iterations || best < QUIET) break;
    const stepX = (yy * slopeX - tensorXY * slopeY) * inverse;
    const stepY = (xx * slopeY - tensorXY * slopeX) * inverse;
    x -= stepX;
    y -= stepY;
    if (stepX * stepX + stepY * stepY < STILL) break;
    if ((x - startX) * (x - startX) + (y - startY) * (y - startY) > LOST) break;
  }
  const spread = <f32>Math.sqrt(<f64>((xx - yy) * (xx - yy) + 4 * tensorXY * tensorXY));
  patch.texture = (xx + yy - spread) * 0.5;
}

/** Mean squared difference that counts as noise. */
const NOISE: f32 = 2;

/**
 * Rows of cells: the mean motion of the four patches over a cell, weighted by how well each fits within it.
 * Source: Kroeger et al. 2016, section 2.2, with cells of 4×4 samples instead of single samples.
 */
export function gatherCells(level: Level, firstRow: i32, endRow: i32): void {
  const stride = <usize>((level.columns + 1) * offsetof<Patch>());
  for (let row = firstRow; row < endRow; row++) {
    for (let column = 0; column < level.columns; column++) {
      const address = level.patches + <usize>row * stride + <usize>(column * offsetof<Patch>());
      const upperLeft = changetype<Patch>(address);
      const upperRight = changetype<Patch>(address + offsetof<Patch>());
      const lowerLeft = changetype<Patch>(address + stride);
      const lowerRight = changetype<Patch>(address + stride + offsetof<Patch>());
      const weight0 = patchWeight(upperLeft.texture, upperLeft.lowerRight);
      const weight1 = patchWeight(upperRight.texture, upperRight.lowerLeft);
      const weight2 = patchWeight(lowerLeft.texture, lowerLeft.upperRight);
      const weight3 = patchWeight(lowerRight.texture, lowerRight.upperLeft);
      const all: f32 = 1 / (weight0 + weight1 + weight2 + weight3);
      const x = upperLeft.x * weight0 + upperRight.x * weight1 + lowerLeft.x * weight2 + lowerRight.x * weight3;
      const y = upperLeft.y * weight0 + upperRight.y * weight1 + lowerLeft.y * weight2 + lowerRight.y * weight3;
      const cell = level.cells + <usize>((row * level.columns + column) << 4);
      v128.store(cell, f32x4(x * all, y * all, 0, 0));
    }
  }
}

function patchWeight(texture: f32, quarter: f32): f32 {
  const mean = quarter * (1.0 / 16) + NOISE;
  return texture / (mean * mean);
}
