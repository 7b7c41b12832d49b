import { mix } from './cells';
import { CELL, PLANE_MARGIN, Plane } from './structures';

/** A place between samples is rounded to 1/64. */
const PHASE_BITS: i32 = 6;
const PHASES: i32 = 64;
/** The least place, in phases, whose four taps are still within the margin of a plane. */
const NEAREST: f32 = -6 * 64;
/** Filter taps are in units of 1/128; after the vertical pass 3 of these 7 bits are dropped to fit 16 bits. */
const TAP_ONE: f32 = 128;
const DROPPED: i32 = 3;
const FROM_TAPS: f32 = 1.0 / (128 * 16);
/** Places along a line of cells are in units of 1/256 cell. */
export const CELL_BITS: i32 = 8;
const CELL_ONE: i32 = 256;
/** 1.5 × 2^23: added to a float, it leaves the nearest whole number in the lowest bits. */
const ROUNDING: f32 = 12582912;
const ROUNDING_BITS: i32 = 0x4b400000;

// What `beginPlane` sets for the samples to come; globals belong to one thread.

let filter: usize = 0;
let weightOfB: v128 = f32x4.splat(0);
/** The parts of a motion that each source is moved by (x, y of the first, x, y of the second), in phases. */
let ways: v128 = f32x4.splat(0);
/** The farthest place whose four taps are still within the margin, in phases. */
let farthest: v128 = f32x4.splat(0);
/** The distance of two samples along a line of cells. */
export let step: i32 = 0;
/** The place of the first sample; the line begins one cell to the left. */
export let firstCell: i32 = 0;

/** Writes the 4 taps of each of the 64 phases: cubic convolution (R. Keys, 1981, a = -1/2). 512 bytes. */
export function fillFilter(table: usize): void {
  for (let phase = 0; phase < PHASES; phase++) {
    const x = <f32>phase / <f32>PHASES;
    const taps = table + <usize>(phase << 3);
    const first = <i16>nearest(TAP_ONE * 0.5 * x * (x * (2 - x) - 1));
    const third = <i16>nearest(TAP_ONE * 0.5 * x * (x * (4 - 3 * x) + 1));
    const fourth = <i16>nearest(TAP_ONE * 0.5 * x * x * (x - 1));
    store<i16>(taps, first);
    store<i16>(taps, <i16>TAP_ONE - first - third - fourth, 2);
    store<i16>(taps, third, 4);
    store<i16>(taps, fourth, 6);
  }
}

/** Prepares for samples of one plane of the frame at `weight`; `table` is what `fillFilter` wrote. */
export function beginPlane(plane: Plane, weight: f32, table: usize): void {
  filter = table;
  weightOfB = f32x4.splat(weight);
  const perX = <f32>PHASES / <f32>plane.scaleX;
  const perY = <f32>PHASES / <f32>plane.scaleY;
  ways = f32x4(-weight * perX, -weight * perY, (1 - weight) * perX, (1 - weight) * perY);
  farthest = v128.shuffle<f32>(f32x4.splat(reach(plane.width)), f32x4.splat(reach(plane.height)), 0, 4, 0, 4);
  step = (plane.scaleX * CELL_ONE) / CELL;
  firstCell = (step + CELL_ONE) / 2;
}

function reach(size: i32): f32 {
  return <f32>((size + PLANE_MARGIN - 4) * PHASES);
}

/**
 * Four samples from (x, y) on, as 32-bit integers: both sources moved along the motion in `line` at `cell` and
 * cross-faded; as far as the motion is not trusted, cross-faded in place.
 */
export function movedSamples(plane: Plane, x: i32, y: i32, line: usize, cell: i32): v128 {
  const place0 = f32x4.mul(f32x4(<f32>x, <f32>y, <f32>x, <f32>y), f32x4.splat(<f32>PHASES));
  const next = f32x4(<f32>PHASES, 0, <f32>PHASES, 0);
  const place1 = f32x4.add(place0, next);
  const place2 = f32x4.add(place1, next);
  const place3 = f32x4.add(place2, next);
  const cells0 = cellAt(line, cell);
  const cells1 = cellAt(line, cell + step);
  const cells2 = cellAt(line, cell + 2 * step);
  const cells3 = cellAt(line, cell + 3 * step);
  const pair0 = movedPair(plane, placeOf(place0, cells0));
  const pair1 = movedPair(plane, placeOf(place1, cells1));
  const pair2 = movedPair(plane, placeOf(place2, cells2));
  const pair3 = movedPair(plane, placeOf(place3, cells3));
  // Each pair is (a, a, b, b), parts to be added.
  const pairs01 = i32x4.add(v128.shuffle<i32>(pair0, pair1, 0, 2, 4, 6), v128.shuffle<i32>(pair0, pair1, 1, 3, 5, 7));
  const pairs23 = i32x4.add(v128.shuffle<i32>(pair2, pair3, 0, 2, 4, 6), v128.shuffle<i32>(pair2, pair3, 1, 3, 5, 7));
  const ofA = f32x4.convert_i32x4_s(v128.shuffle<i32>(pairs01, pairs23, 0, 2, 4, 6));
  const ofB = f32x4.convert_i32x4_s(v128.shuffle<i32>(pairs01, pairs23, 1, 3, 5, 7));
  const trusts01 = v128.shuffle<f32>(cells0, cells1, 2, 6, 3, 7);
  const trusts23 = v128.shuffle<f32>(cells2, cells3, 2, 6, 3, 7);
  const share = v128.shuffle<f32>(trusts01, trusts23, 2, 3, 6, 7);
  const trust = v128.shuffle<f32>(trusts01, trusts23, 0, 1, 4, 5);
  const moved = f32x4.mul(mix(ofA, ofB, share), f32x4.splat(FROM_TAPS));
  const offset = <usize>(y * plane.stride + (x << 1));
  const still = mix(fourSamples(plane.a + offset), fourSamples(plane.b + offset), weightOfB);
  return rounded(mix(still, moved, trust));
}

function fourSamples(at: usize): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(v128.load64_zero(at)));
}

function cellAt(line: usize, cell: i32): v128 {
  const at = line + <usize>((cell >> CELL_BITS) << 4);
  const part = <f32>(cell & (CELL_ONE - 1)) * (<f32>1 / <f32>CELL_ONE);
  return mix(v128.load(at), v128.load(at, 16), f32x4.splat(part));
}

/** Where the samples of a and b that meet at `place` come from (x, y, x, y), as whole numbers of phases. */
function placeOf(place: v128, cell: v128): v128 {
  const moved = f32x4.add(place, f32x4.mul(v128.shuffle<f32>(cell, cell, 0, 1, 0, 1), ways));
  const within = f32x4.pmax(f32x4.splat(NEAREST), f32x4.pmin(farthest, moved));
  return i32x4.sub(f32x4.add(within, f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
}

/** The samples of a and b at their places: (a, a, b, b) in units of FROM_TAPS, parts to be added. */
function movedPair(plane: Plane, places: v128): v128 {
  const whole = i32x4.sub(i32x4.shr_s(places, PHASE_BITS), i32x4.splat(1));
  const taps = i32x4.shl(v128.and(places, i32x4.splat(PHASES - 1)), 3);
  const stride = plane.stride;
  const atA = plane.a + <usize>(i32x4.extract_lane(whole, 1) * stride + (i32x4.extract_lane(whole, 0) << 1));
  const atB = plane.b + <usize>(i32x4.extract_lane(whole, 3) * stride + (i32x4.extract_lane(whole, 2) << 1));
  const columnsA = filterColumns(atA, <usize>stride, filter + <usize>i32x4.extract_lane(taps, 1));
  const columnsB = filterColumns(atB, <usize>stride, filter + <usize>i32x4.extract_lane(taps, 3));
  const tapsX = v128.load64_lane(
    filter + <usize>i32x4.extract_lane(taps, 2),
    v128.load64_zero(filter + <usize>i32x4.extract_lane(taps, 0)),
    1,
  );
  return i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(columnsA, columnsB), tapsX);
}

/** Four neighbouring samples, filtered vertically over four rows. */
function filterColumns(at: usize, stride: usize, taps: usize): v128 {
  const row2 = at + 2 * stride;
  const upper = v128.shuffle<i16>(v128.load64_zero(at), v128.load64_zero(at + stride), 0, 8, 1, 9, 2, 10, 3, 11);
  const lower = v128.shuffle<i16>(v128.load64_zero(row2), v128.load64_zero(row2 + stride), 0, 8, 1, 9, 2, 10, 3, 11);
  const sums = i32x4.add(
    i32x4.dot_i16x8_s(upper, v128.load32_splat(taps)),
    i32x4.dot_i16x8_s(lower, v128.load32_splat(taps, 4)),
  );
  return i32x4.shr_s(sums, DROPPED);
}

/** The nearest whole numbers; halves are rounded up as in the cross-fade: to even, they would roughen flat areas. */
function rounded(values: v128): v128 {
  const upwards = f32x4.add(values, f32x4.splat(1.0 / 1024));
  return i32x4.sub(f32x4.add(upwards, f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
}
