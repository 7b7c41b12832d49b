import { Level, LUMA_MARGIN, PATCH } from './structures';

// The comparison of a patch of 8×8 samples with the other source. Each thread has globals of its own.

/** Sums over the patch: gradient in x times difference, gradient in y times difference, difference. */
export let slopeX: f32 = 0;
export let slopeY: f32 = 0;
let difference: f32 = 0;
/** Sum of squared differences, without the mean difference. */
export let cost: f32 = 0;

/** The structure tensor of the patch, without the mean gradient. */
export let tensorXX: f32 = 0;
export let tensorXY: f32 = 0;
export let tensorYY: f32 = 0;
let gradientX: f32 = 0;
let gradientY: f32 = 0;

/** Offsets in the working memory of a thread: samples, gradients in x, gradients in y, four vectors of squared differences. */
const GRADIENT_X: usize = 256;
const GRADIENT_Y: usize = 512;
const SQUARES: usize = 768;
const SAMPLES: f32 = 64;

export function sum(vector: v128): f32 {
  const pairs = f32x4.add(vector, v128.shuffle<f32>(vector, vector, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Copies the patch at `at` to `scratch`, with its gradients and their structure tensor. */
export function takePatch(at: usize, stride: usize, scratch: usize): void {
  const half = f32x4.splat(0.5);
  let xx = f32x4.splat(0);
  let xy = f32x4.splat(0);
  let yy = f32x4.splat(0);
  let gx = f32x4.splat(0);
  let gy = f32x4.splat(0);
  let target = scratch;
  for (let y = 0; y < PATCH; y++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const here = at + i;
      const dx = f32x4.mul(f32x4.sub(v128.load(here, 4), v128.load(here - 4)), half);
      const dy = f32x4.mul(f32x4.sub(v128.load(here + stride), v128.load(here - stride)), half);
      v128.store(target, v128.load(here));
      v128.store(target, dx, GRADIENT_X);
      v128.store(target, dy, GRADIENT_Y);
      xx = f32x4.add(xx, f32x4.mul(dx, dx));
      xy = f32x4.add(xy, f32x4.mul(dx, dy));
      yy = f32x4.add(yy, f32x4.mul(dy, dy));
      gx = f32x4.add(gx, dx);
      gy = f32x4.add(gy, dy);
      target += 16;
    }
    at += stride;
  }
  gradientX = sum(gx) / SAMPLES;
  gradientY = sum(gy) / SAMPLES;
  tensorXX = sum(xx) - gradientX * gradientX * SAMPLES;
  tensorXY = sum(xy) - gradientX * gradientY * SAMPLES;
  tensorYY = sum(yy) - gradientY * gradientY * SAMPLES;
}

/** Compares the patch in `scratch` with the other source at (x, y), between its samples. */
export function comparePatch(level: Level, x: f32, y: f32, scratch: usize): void {
  x = patchWithin(x, level.width);
  y = patchWithin(y, level.height);
  const left = floor(x);
  const top = floor(y);
  const stride = <usize>level.stride;
  let at = level.to + <usize>(<i32>top * level.stride + ((<i32>left) << 2));
  const right = f32x4.splat(x - left);
  const lower = f32x4.splat(y - top);
  let before0 = between(at, right);
  let before1 = between(at + 16, right);
  let sums = f32x4.splat(0);
  let sumsX = f32x4.splat(0);
  let sumsY = f32x4.splat(0);
  let target = scratch;
  for (let half = 0; half < 2; half++) {
    let squares0 = f32x4.splat(0);
    let squares1 = f32x4.splat(0);
    for (let row = 0; row < PATCH / 2; row++) {
      at += stride;
      const after0 = between(at, right);
      const after1 = between(at + 16, right);
      const value0 = f32x4.add(before0, f32x4.mul(f32x4.sub(after0, before0), lower));
      const value1 = f32x4.add(before1, f32x4.mul(f32x4.sub(after1, before1), lower));
      const difference0 = f32x4.sub(value0, v128.load(target));
      const difference1 = f32x4.sub(value1, v128.load(target, 16));
      sums = f32x4.add(sums, f32x4.add(difference0, difference1));
      squares0 = f32x4.add(squares0, f32x4.mul(difference0, difference0));
      squares1 = f32x4.add(squares1, f32x4.mul(difference1, difference1));
      sumsX = f32x4.add(sumsX, f32x4.mul(difference0, v128.load(target, GRADIENT_X)));
      sumsX = f32x4.add(sumsX, f32x4.mul(difference1, v128.load(target, GRADIENT_X + 16)));
      sumsY = f32x4.add(sumsY, f32x4.mul(difference0, v128.load(target, GRADIENT_Y)));
      sumsY = f32x4.add(sumsY, f32x4.mul(difference1, v128.load(target, GRADIENT_Y + 16)));
      before0 = after0;
      before1 = after1;
      target += 32;
    }
    const quarters = scratch + <usize>(half << 5);
    v128.store(quarters, squares0, SQUARES);
    v128.store(quarters, squares1, SQUARES + 16);
  }
  difference = sum(sums);
  slopeX = sum(sumsX) - gradientX * difference;
  slopeY = sum(sumsY) - gradientY * difference;
  const upper = f32x4.add(v128.load(scratch, SQUARES), v128.load(scratch, SQUARES + 16));
  const below = f32x4.add(v128.load(scratch, SQUARES + 32), v128.load(scratch, SQUARES + 48));
  cost = sum(f32x4.add(upper, below)) - (difference * difference) / SAMPLES;
}

/** The squared differences of the last comparison in one quarter of the patch (0 to 3, by rows). */
export function quarterCost(scratch: usize, quarter: i32): f32 {
  return sum(v128.load(scratch + <usize>(quarter << 4), SQUARES));
}

/** The position of a patch along an axis, limited so that its samples are within the margin of the plane. */
export function patchWithin(position: f32, size: i32): f32 {
  const lowest = 1 - LUMA_MARGIN;
  const highest = size + LUMA_MARGIN - PATCH - 2;
  return min(max(position, <f32>lowest), <f32>highest);
}

function between(at: usize, part: v128): v128 {
  const left = v128.load(at);
  return f32x4.add(left, f32x4.mul(f32x4.sub(v128.load(at, 4), left), part));
}
