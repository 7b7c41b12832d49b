// Between two sources, a frame may leave the straight line of the cross-fade. The *bend* of the two says by how much
// halfway; from there it falls to nothing at both sources, as a parabola. `words` says whether samples are 16-bit words
// that hold 10 bits, rather than bytes; lengths are those of a source in bytes, multiples of 16.

/** Weights of sources are in 1/4096. A bend is in 1/128 of a level of bytes, in 1/32 of one of words: signed 16 bits. */
const BYTE_SHIFT: i32 = 5;
const WORD_SHIFT: i32 = 7;

/** Bytes after which 32-bit sums are emptied: 512 squares of differences of 10 bits, twice, still fit. */
const BLOCK: usize = 8192;

/**
 * How the way turns at the second of three sources: writes the sums of the squared differences of the first two and of the
 * last two, and the sum of their products, to `out`, as three 64-bit floats.
 */
export function measureTurn(a: usize, b: usize, c: usize, length: usize, words: bool, out: usize): void {
  let before: f64 = 0;
  let after: f64 = 0;
  let product: f64 = 0;
  for (let start: usize = 0; start < length; start += BLOCK) {
    const end = min(start + BLOCK, length);
    let squaresBefore = i32x4.splat(0);
    let squaresAfter = i32x4.splat(0);
    let products = i32x4.splat(0);
    for (let i = start; i < end; i += 16) {
      const ofA = v128.load(a + i);
      const ofB = v128.load(b + i);
      const ofC = v128.load(c + i);
      if (words) {
        const first = i16x8.sub(ofB, ofA);
        const second = i16x8.sub(ofC, ofB);
        squaresBefore = i32x4.add(squaresBefore, i32x4.dot_i16x8_s(first, first));
        squaresAfter = i32x4.add(squaresAfter, i32x4.dot_i16x8_s(second, second));
        products = i32x4.add(products, i32x4.dot_i16x8_s(first, second));
        continue;
      }
      const lowB = i16x8.extend_low_i8x16_u(ofB);
      const highB = i16x8.extend_high_i8x16_u(ofB);
      const lowFirst = i16x8.sub(lowB, i16x8.extend_low_i8x16_u(ofA));
      const highFirst = i16x8.sub(highB, i16x8.extend_high_i8x16_u(ofA));
      const lowSecond = i16x8.sub(i16x8.extend_low_i8x16_u(ofC), lowB);
      const highSecond = i16x8.sub(i16x8.extend_high_i8x16_u(ofC), highB);
      squaresBefore = i32x4.add(squaresBefore, dots(lowFirst, lowFirst, highFirst, highFirst));
      squaresAfter = i32x4.add(squaresAfter, dots(lowSecond, lowSecond, highSecond, highSecond));
      products = i32x4.add(products, dots(lowFirst, lowSecond, highFirst, highSecond));
    }
    before += sumOfLanes(squaresBefore);
    after += sumOfLanes(squaresAfter);
    product += sumOfLanes(products);
  }
  store<f64>(out, before);
  store<f64>(out, after, 8);
  store<f64>(out, product, 16);
}

function dots(a: v128, b: v128, c: v128, d: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(a, b), i32x4.dot_i16x8_s(c, d));
}

function sumOfLanes(lanes: v128): f64 {
  return (
    <f64>i32x4.extract_lane(lanes, 0) +
    <f64>i32x4.extract_lane(lanes, 1) +
    <f64>i32x4.extract_lane(lanes, 2) +
    <f64>i32x4.extract_lane(lanes, 3)
  );
}

/** The bend between the second and the third of four sources: their weighted sum. `out` has 16 bits for each sample. */
export function bendOf(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  out: usize,
  length: usize,
  words: bool,
  weightOfA: i32,
  weightOfB: i32,
  weightOfC: i32,
  weightOfD: i32,
): void {
  const first = i32x4.splat((weightOfB << 16) | (weightOfA & 0xffff));
  const last = i32x4.splat((weightOfD << 16) | (weightOfC & 0xffff));
  for (let i: usize = 0; i < length; i += 16) {
    const ofA = v128.load(a + i);
    const ofB = v128.load(b + i);
    const ofC = v128.load(c + i);
    const ofD = v128.load(d + i);
    if (words) {
      v128.store(out + i, weighted(ofA, ofB, ofC, ofD, first, last, WORD_SHIFT));
      continue;
    }
    const low = weighted(
      i16x8.extend_low_i8x16_u(ofA),
      i16x8.extend_low_i8x16_u(ofB),
      i16x8.extend_low_i8x16_u(ofC),
      i16x8.extend_low_i8x16_u(ofD),
      first,
      last,
      BYTE_SHIFT,
    );
    const high = weighted(
      i16x8.extend_high_i8x16_u(ofA),
      i16x8.extend_high_i8x16_u(ofB),
      i16x8.extend_high_i8x16_u(ofC),
      i16x8.extend_high_i8x16_u(ofD),
      first,
      last,
      BYTE_SHIFT,
    );
    v128.store(out + 2 * i, low);
    v128.store(out + 2 * i, high, 16);
  }
}

/** The weighted sum of eight samples of four sources; `first` and `last` hold two weights in every pair of words. */
function weighted(a: v128, b: v128, c: v128, d: v128, first: v128, last: v128, shift: i32): v128 {
  const low = i32x4.add(
    i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), first),
    i32x4.dot_i16x8_s(v128.shuffle<i16>(c, d, 0, 8, 1, 9, 2, 10, 3, 11), last),
  );
  const high = i32x4.add(
    i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), first),
    i32x4.dot_i16x8_s(v128.shuffle<i16>(c, d, 4, 12, 5, 13, 6, 14, 7, 15), last),
  );
  return i16x8.narrow_i32x4_s(i32x4.shr_s(low, shift), i32x4.shr_s(high, shift));
}

/**
 * Softens the bend of one plane in place: each sample becomes the mean of the nine around it, 1-2-1 across and down, so
 * that the rounding of four sources does not add up. `scratch` has room for `2 * width + 32` samples.
 */
export function softenBend(bend: usize, width: i32, height: i32, scratch: usize): void {
  const rowBytes = <usize>(width << 1);
  const line = scratch + 2;
  const above = line + rowBytes + 2;
  memory.copy(above, bend, rowBytes);
  for (let y = 0; y < height; y++) {
    const row = bend + <usize>y * rowBytes;
    const below = y + 1 < height ? row + rowBytes : row;
    meansOfThree(above, row, below, line, width);
    memory.copy(above, row, rowBytes);
    store<i16>(line - 2, load<i16>(line));
    store<i16>(line + rowBytes, load<i16>(line + rowBytes - 2));
    meansOfThree(line - 2, line, line + 2, row, width);
  }
}

/** Of each three samples, the mean in which the second counts twice. */
function meansOfThree(a: usize, b: usize, c: usize, out: usize, count: i32): void {
  let x = 0;
  for (; x + 8 <= count; x += 8) {
    const at = <usize>(x << 1);
    const outer = i16x8.add(i16x8.shr_s(v128.load(a + at), 2), i16x8.shr_s(v128.load(c + at), 2));
    v128.store(out + at, i16x8.add(outer, i16x8.shr_s(v128.load(b + at), 1)));
  }
  for (; x < count; x++) {
    const at = <usize>(x << 1);
    const outer = (<i32>load<i16>(a + at) >> 2) + (<i32>load<i16>(c + at) >> 2);
    store<i16>(out + at, <i16>(outer + (<i32>load<i16>(b + at) >> 1)));
  }
}

/**
 * A cross-fade of bytes, as `blend`, plus the share `bow` of the bend, 0 to 32767 for none to all.
 * `weight` is that of b, 0 to 256.
 */
export function blendBent(a: usize, b: usize, bend: usize, out: usize, length: usize, weight: i32, bow: i32): void {
  const weightOfB = i16x8.splat(<i16>weight);
  const weightOfA = i16x8.splat(<i16>(256 - weight));
  const share = i16x8.splat(<i16>bow);
  for (let i: usize = 0; i < length; i += 16) {
    const ofA = v128.load(a + i);
    const ofB = v128.load(b + i);
    const low = i16x8.add(
      i16x8.mul(i16x8.extend_low_i8x16_u(ofA), weightOfA),
      i16x8.mul(i16x8.extend_low_i8x16_u(ofB), weightOfB),
    );
    const high = i16x8.add(
      i16x8.mul(i16x8.extend_high_i8x16_u(ofA), weightOfA),
      i16x8.mul(i16x8.extend_high_i8x16_u(ofB), weightOfB),
    );
    const lowBend = i16x8.q15mulr_sat_s(v128.load(bend + 2 * i), share);
    const highBend = i16x8.q15mulr_sat_s(v128.load(bend + 2 * i, 16), share);
    v128.store(out + i, i8x16.narrow_i16x8_u(bent(low, lowBend), bent(high, highBend)));
  }
}

/** Adds bends in 1/128 to levels in 1/256; without a bend, the rounding is that of `blend`. */
function bent(levels: v128, bends: v128): v128 {
  const sum = i16x8.add_sat_s(i16x8.shr_u(levels, 1), bends);
  return i16x8.shr_s(i16x8.add_sat_s(sum, i16x8.splat(64)), 7);
}

/** The same for words that hold 10 bits; `weight` is 0 to 1024. */
export function blendBentWords(
  a: usize,
  b: usize,
  bend: usize,
  out: usize,
  length: usize,
  weight: i32,
  bow: i32,
): void {
  const weightOfB = i16x8.splat(<i16>weight);
  const weightOfA = i16x8.splat(<i16>(1024 - weight));
  const share = i16x8.splat(<i16>bow);
  const half = i32x4.splat(512);
  const highest = i16x8.splat(1023);
  for (let i: usize = 0; i < length; i += 16) {
    const ofA = v128.load(a + i);
    const ofB = v128.load(b + i);
    const bends = v128.load(bend + i);
    // In 1/1024, as the bend in 1/32 times the share in 1/32768 is after 10 bits.
    const low = i32x4.add(
      i32x4.add(i32x4.extmul_low_i16x8_u(ofA, weightOfA), i32x4.extmul_low_i16x8_u(ofB, weightOfB)),
      i32x4.add(i32x4.shr_s(i32x4.extmul_low_i16x8_s(bends, share), 10), half),
    );
    const high = i32x4.add(
      i32x4.add(i32x4.extmul_high_i16x8_u(ofA, weightOfA), i32x4.extmul_high_i16x8_u(ofB, weightOfB)),
      i32x4.add(i32x4.shr_s(i32x4.extmul_high_i16x8_s(bends, share), 10), half),
    );
    const words = i16x8.narrow_i32x4_u(i32x4.shr_s(low, 10), i32x4.shr_s(high, 10));
    v128.store(out + i, i16x8.min_u(words, highest));
  }
}
