import { mix } from './cells';
import { CELL, PLANE_MARGIN, Plane } from './structures';

/** Places between samples are rounded to 1/64, a phase. */
const PHASE_BITS: i32 = 6;
const PHASES: i32 = 64;
/** The lowest place, in phases, whose four taps are within the margin of a plane. */
const LOWEST: f32 = -6 * 64;
/** Eight samples are moved as one if their motions differ by no more, in samples (x, y; trust and share do not matter). */
const ONE_MOTION: v128 = f32x4(0.125, 0.125, 2, 2);
/** Positions of four samples, from the first (0) to the last (1). */
const RAMP: v128 = f32x4(0, 1.0 / 3, 2.0 / 3, 1);
/** Filter taps are in units of 1/128; after the vertical pass, 3 of these 7 bits are dropped to fit into 16 bits. */
const TAP_ONE: f32 = 128;
const DROPPED: i32 = 3;
const FROM_TAPS: f32 = 1.0 / (128 * 16);
/** Places along a line of cells are in units of 1/256 cell. */
export const CELL_BITS: i32 = 8;
const CELL_ONE: i32 = 256;
/** 1.5 × 2^23: added to a float, it leaves the nearest integer in the lowest bits. */
const ROUNDING: f32 = 12582912;
const ROUNDING_BITS: i32 = 0x4b400000;

// Set by `beginPlane` for the samples that follow; each thread has globals of its own.

let filter: usize = 0;
let weightOfB: v128 = f32x4.splat(0);
/** The parts of a motion that each source is moved by (x, y of the first, x, y of the second), in phases. */
let ways: v128 = f32x4.splat(0);
/** The highest place whose four taps are within the margin, in phases. */
let highestPlace: v128 = f32x4.splat(0);
/** The results of `filterRun`. */
let runLeft: v128 = f32x4.splat(0);
let runRight: v128 = f32x4.splat(0);
/** The distance between two samples along a line of cells. */
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
  highestPlace = v128.shuffle<f32>(f32x4.splat(reach(plane.width)), f32x4.splat(reach(plane.height)), 0, 4, 0, 4);
  step = (plane.scaleX * CELL_ONE) / CELL;
  firstCell = (step + CELL_ONE) / 2;
}

function reach(size: i32): f32 {
  return <f32>((size + PLANE_MARGIN - 4) * PHASES);
}

/**
 * Eight samples from (x, y) on, as words: both sources, moved along the motion in `line` at `cell` as far as it is trusted,
 * cross-faded.
 */
export function movedSamples(plane: Plane, x: i32, y: i32, line: usize, cell: i32): v128 {
  const cells0 = cellAt(line, cell);
  const cells3 = cellAt(line, cell + 3 * step);
  const cells4 = cellAt(line, cell + 4 * step);
  const cells7 = cellAt(line, cell + 7 * step);
  const highest = f32x4.pmax(f32x4.pmax(cells0, cells3), f32x4.pmax(cells4, cells7));
  const lowest = f32x4.pmin(f32x4.pmin(cells0, cells3), f32x4.pmin(cells4, cells7));
  const from = f32x4.add(placeOf(x, y), wayOf(f32x4.mul(f32x4.add(highest, lowest), f32x4.splat(0.5))));
  const last = f32x4.add(from, f32x4(7 * 64, 0, 7 * 64, 0));
  const apart = f32x4.gt(f32x4.sub(highest, lowest), ONE_MOTION);
  const beyond = v128.or(f32x4.lt(from, f32x4.splat(LOWEST)), f32x4.gt(last, highestPlace));
  if (v128.any_true(v128.or(apart, beyond))) {
    return i16x8.narrow_i32x4_u(
      movedSeparately(plane, x, y, line, cell),
      movedSeparately(plane, x + 4, y, line, cell + 4 * step),
    );
  }
  const places = wholePhases(from);
  const whole = i32x4.sub(i32x4.shr_s(places, PHASE_BITS), i32x4.splat(1));
  const taps = i32x4.shl(v128.and(places, i32x4.splat(PHASES - 1)), 3);
  const stride = <usize>plane.stride;
  const atA = plane.a + <usize>(i32x4.extract_lane(whole, 1) * plane.stride + (i32x4.extract_lane(whole, 0) << 1));
  filterRun(atA, stride, filter + <usize>i32x4.extract_lane(taps, 0), filter + <usize>i32x4.extract_lane(taps, 1));
  const leftOfA = runLeft;
  const rightOfA = runRight;
  const atB = plane.b + <usize>(i32x4.extract_lane(whole, 3) * plane.stride + (i32x4.extract_lane(whole, 2) << 1));
  filterRun(atB, stride, filter + <usize>i32x4.extract_lane(taps, 2), filter + <usize>i32x4.extract_lane(taps, 3));
  const left = mix(leftOfA, runLeft, shareOf(cells0, cells3));
  const right = mix(rightOfA, runRight, shareOf(cells4, cells7));
  return i16x8.narrow_i32x4_u(
    faded(plane, x, y, left, trustOf(cells0, cells3)),
    faded(plane, x + 4, y, right, trustOf(cells4, cells7)),
  );
}

/** The share of the second source in four samples, between the cells of the first and the last. */
function shareOf(first: v128, last: v128): v128 {
  return mix(v128.shuffle<f32>(first, first, 3, 3, 3, 3), v128.shuffle<f32>(last, last, 3, 3, 3, 3), RAMP);
}

/** How far the motion of four samples is trusted, between the cells of the first and the last. */
function trustOf(first: v128, last: v128): v128 {
  return mix(v128.shuffle<f32>(first, first, 2, 2, 2, 2), v128.shuffle<f32>(last, last, 2, 2, 2, 2), RAMP);
}

/** Four samples from (x, y) on: the share `trust` moved, the rest cross-faded in place. */
function faded(plane: Plane, x: i32, y: i32, moved: v128, trust: v128): v128 {
  const offset = <usize>(y * plane.stride + (x << 1));
  const still = mix(fourSamples(plane.a + offset), fourSamples(plane.b + offset), weightOfB);
  return rounded(mix(still, f32x4.mul(moved, f32x4.splat(FROM_TAPS)), trust));
}

/** Eight samples of one source, moved as one, to `runLeft` and `runRight`, in units of FROM_TAPS. */
function filterRun(at: usize, stride: usize, tapsX: usize, tapsY: usize): void {
  const at2 = at + 2 * stride;
  const upper = v128.load32_splat(tapsY);
  const lower = v128.load32_splat(tapsY, 4);
  const row0 = v128.load(at);
  const row1 = v128.load(at + stride);
  const row2 = v128.load(at2);
  const row3 = v128.load(at2 + stride);
  const first = twoRows(low(row0, row1), low(row2, row3), upper, lower);
  const second = twoRows(high(row0, row1), high(row2, row3), upper, lower);
  const third = twoRows(
    low(v128.load64_zero(at, 16), v128.load64_zero(at + stride, 16)),
    low(v128.load64_zero(at2, 16), v128.load64_zero(at2 + stride, 16)),
    upper,
    lower,
  );
  runLeft = filterColumns(i16x8.narrow_i32x4_s(first, second), tapsX);
  runRight = filterColumns(i16x8.narrow_i32x4_s(second, third), tapsX);
}

/** Interleaves the words of two rows: the first four of each, or the last four. */
function low(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

function high(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Four samples filtered over four rows, given as two interleaved pairs. */
function twoRows(pair: v128, nextPair: v128, upper: v128, lower: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(pair, upper), i32x4.dot_i16x8_s(nextPair, lower)), DROPPED);
}

/** Four samples of seven columns, filtered over four of them each. */
function filterColumns(columns: v128, taps: usize): v128 {
  const left = v128.shuffle<i16>(columns, columns, 0, 1, 1, 2, 2, 3, 3, 4);
  const right = v128.shuffle<i16>(columns, columns, 2, 3, 3, 4, 4, 5, 5, 6);
  const ofLeft = i32x4.dot_i16x8_s(left, v128.load32_splat(taps));
  return f32x4.convert_i32x4_s(i32x4.add(ofLeft, i32x4.dot_i16x8_s(right, v128.load32_splat(taps, 4))));
}

/** Four samples from (x, y) on, each moved by its own motion. */
function movedSeparately(plane: Plane, x: i32, y: i32, line: usize, cell: i32): v128 {
  const cells0 = cellAt(line, cell);
  const cells1 = cellAt(line, cell + step);
  const cells2 = cellAt(line, cell + 2 * step);
  const cells3 = cellAt(line, cell + 3 * step);
  const pair0 = movedPair(plane, x, y, cells0);
  const pair1 = movedPair(plane, x + 1, y, cells1);
  const pair2 = movedPair(plane, x + 2, y, cells2);
  const pair3 = movedPair(plane, x + 3, y, cells3);
  // Each pair is (a, a, b, b), whose parts are to be added.
  const pairs01 = i32x4.add(v128.shuffle<i32>(pair0, pair1, 0, 2, 4, 6), v128.shuffle<i32>(pair0, pair1, 1, 3, 5, 7));
  const pairs23 = i32x4.add(v128.shuffle<i32>(pair2, pair3, 0, 2, 4, 6), v128.shuffle<i32>(pair2, pair3, 1, 3, 5, 7));
  const ofA = f32x4.convert_i32x4_s(v128.shuffle<i32>(pairs01, pairs23, 0, 2, 4, 6));
  const ofB = f32x4.convert_i32x4_s(v128.shuffle<i32>(pairs01, pairs23, 1, 3, 5, 7));
  const trusts01 = v128.shuffle<f32>(cells0, cells1, 2, 6, 3, 7);
  const trusts23 = v128.shuffle<f32>(cells2, cells3, 2, 6, 3, 7);
  const share = v128.shuffle<f32>(trusts01, trusts23, 2, 3, 6, 7);
  return faded(plane, x, y, mix(ofA, ofB, share), v128.shuffle<f32>(trusts01, trusts23, 0, 1, 4, 5));
}

function fourSamples(at: usize): v128 {
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(v128.load64_zero(at)));
}

function cellAt(line: usize, cell: i32): v128 {
  const at = line + <usize>((cell >> CELL_BITS) << 4);
  const part = <f32>(cell & (CELL_ONE - 1)) * (<f32>1 / <f32>CELL_ONE);
  return mix(v128.load(at), v128.load(at, 16), f32x4.splat(part));
}

/** The place of a sample (x, y, x, y), in phases. */
function placeOf(x: i32, y: i32): v128 {
  return f32x4.mul(f32x4(<f32>x, <f32>y, <f32>x, <f32>y), f32x4.splat(<f32>PHASES));
}

/** The distances from a sample to those of a and b that meet there (x, y, x, y), in phases. */
function wayOf(cell: v128): v128 {
  return f32x4.mul(v128.shuffle<f32>(cell, cell, 0, 1, 0, 1), ways);
}

function wholePhases(places: v128): v128 {
  return i32x4.sub(f32x4.add(places, f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
}

/** The samples of a and b that meet at (x, y): (a, a, b, b) in units of FROM_TAPS, whose parts are to be added. */
function movedPair(plane: Plane, x: i32, y: i32, cell: v128): v128 {
  const from = f32x4.add(placeOf(x, y), wayOf(cell));
  const places = wholePhases(f32x4.pmax(f32x4.splat(LOWEST), f32x4.pmin(highestPlace, from)));
  const whole = i32x4.sub(i32x4.shr_s(places, PHASE_BITS), i32x4.splat(1));
  const taps = i32x4.shl(v128.and(places, i32x4.splat(PHASES - 1)), 3);
  const stride = plane.stride;
  const atA = plane.a + <usize>(i32x4.extract_lane(whole, 1) * stride + (i32x4.extract_lane(whole, 0) << 1));
  const atB = plane.b + <usize>(i32x4.extract_lane(whole, 3) * stride + (i32x4.extract_lane(whole, 2) << 1));
  const columnsA = filterRows(atA, <usize>stride, filter + <usize>i32x4.extract_lane(taps, 1));
  const columnsB = filterRows(atB, <usize>stride, filter + <usize>i32x4.extract_lane(taps, 3));
  const tapsX = v128.load64_lane(
    filter + <usize>i32x4.extract_lane(taps, 2),
    v128.load64_zero(filter + <usize>i32x4.extract_lane(taps, 0)),
    1,
  );
  return i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(columnsA, columnsB), tapsX);
}

/** Four neighbouring samples, filtered vertically over four rows. */
function filterRows(at: usize, stride: usize, taps: usize): v128 {
  const at2 = at + 2 * stride;
  return twoRows(
    low(v128.load64_zero(at), v128.load64_zero(at + stride)),
    low(v128.load64_zero(at2), v128.load64_zero(at2 + stride)),
    v128.load32_splat(taps),
    v128.load32_splat(taps, 4),
  );
}

/** The nearest integers; halves are rounded up as in the cross-fade: rounded to even, they would roughen flat areas. */
function rounded(values: v128): v128 {
  const upwards = f32x4.add(values, f32x4.splat(1.0 / 1024));
  return i32x4.sub(f32x4.add(upwards, f32x4.splat(ROUNDING)), i32x4.splat(ROUNDING_BITS));
}
