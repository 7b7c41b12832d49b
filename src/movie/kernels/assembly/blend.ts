/**
 * Cross-fades two buffers: out = a + (b - a) * weight / 256, rounded to nearest.
 * `length` is a multiple of 16; `weight` is that of b, 0 to 256.
 */
export function blend(a: usize, b: usize, out: usize, length: usize, weight: i32): void {
  const weightOfB = i16x8.splat(<i16>weight);
  const weightOfA = i16x8.splat(<i16>(256 - weight));
  const half = i16x8.splat(128);
  for (let i: usize = 0; i < length; i += 16) {
    const pixelsOfA = v128.load(a + i);
    const pixelsOfB = v128.load(b + i);
    // 255 * 256 + 128 still fits an unsigned 16-bit lane.
    const low = i16x8.add(
      i16x8.add(
        i16x8.mul(i16x8.extend_low_i8x16_u(pixelsOfA), weightOfA),
        i16x8.mul(i16x8.extend_low_i8x16_u(pixelsOfB), weightOfB),
      ),
      half,
    );
    const high = i16x8.add(
      i16x8.add(
        i16x8.mul(i16x8.extend_high_i8x16_u(pixelsOfA), weightOfA),
        i16x8.mul(i16x8.extend_high_i8x16_u(pixelsOfB), weightOfB),
      ),
      half,
    );
    v128.store(out + i, i8x16.narrow_i16x8_u(i16x8.shr_u(low, 8), i16x8.shr_u(high, 8)));
  }
}

/**
 * Cross-fades two buffers of 16-bit words that hold 10 bits: out = a + (b - a) * weight / 1024, rounded to nearest.
 * `length` is in bytes, a multiple of 16; `weight` is that of b, 0 to 1024.
 */
export function blendWords(a: usize, b: usize, out: usize, length: usize, weight: i32): void {
  const weightOfB = i16x8.splat(<i16>weight);
  const weightOfA = i16x8.splat(<i16>(1024 - weight));
  const half = i32x4.splat(512);
  for (let i: usize = 0; i < length; i += 16) {
    const wordsOfA = v128.load(a + i);
    const wordsOfB = v128.load(b + i);
    const low = i32x4.add(
      i32x4.add(i32x4.extmul_low_i16x8_u(wordsOfA, weightOfA), i32x4.extmul_low_i16x8_u(wordsOfB, weightOfB)),
      half,
    );
    const high = i32x4.add(
      i32x4.add(i32x4.extmul_high_i16x8_u(wordsOfA, weightOfA), i32x4.extmul_high_i16x8_u(wordsOfB, weightOfB)),
      half,
    );
    v128.store(out + i, i16x8.narrow_i32x4_u(i32x4.shr_u(low, 10), i32x4.shr_u(high, 10)));
  }
}

/** The sum of the absolute differences of two buffers of bytes; `length` is a multiple of 16. */
export function absoluteDifference(a: usize, b: usize, length: usize): f64 {
  let total: f64 = 0;
  let sums = i32x4.splat(0);
  for (let i: usize = 0; i < length; i += 16) {
    const bytesOfA = v128.load(a + i);
    const bytesOfB = v128.load(b + i);
    const difference = v128.or(i8x16.sub_sat_u(bytesOfA, bytesOfB), i8x16.sub_sat_u(bytesOfB, bytesOfA));
    const pairs = i16x8.extadd_pairwise_i8x16_u(difference);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(pairs));
    // A lane grows by at most 1020 per 16 bytes: it is emptied long before it overflows.
    if (!(i & 0xfffff)) {
      total += sumOfLanes(sums);
      sums = i32x4.splat(0);
    }
  }
  return total + sumOfLanes(sums);
}

function sumOfLanes(lanes: v128): f64 {
  return (
    <f64>i32x4.extract_lane(lanes, 0) +
    <f64>i32x4.extract_lane(lanes, 1) +
    <f64>i32x4.extract_lane(lanes, 2) +
    <f64>i32x4.extract_lane(lanes, 3)
  );
}
