// AssemblyScript, compiled to WebAssembly SIMD by `npm run build`. Addresses are bytes in the imported memory.

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

// ITU-R BT.709 luma weights (Kr 0.2126, Kb 0.0722) scaled to limited range (219 and 224 of 255), times 2^16.
const Y_RED: i32 = 11966;
const Y_GREEN: i32 = 40254;
const Y_BLUE: i32 = 4064;
/** Black is 16; one half for rounding. */
const Y_OFFSET: i32 = (16 << 16) + 0x8000;
const U_RED: i32 = -6596;
const U_GREEN: i32 = -22189;
const U_BLUE: i32 = 28785;
const V_RED: i32 = 28785;
const V_GREEN: i32 = -26145;
const V_BLUE: i32 = -2640;

/**
 * Converts packed RGB to the planes Y, U, V with 4:2:0 subsampling, BT.709, limited range.
 * The planes have even sides; the last row and column are repeated where the picture's side is odd.
 * Chroma is sited to the left, as H.264 and MPEG-2 assume: 1-2-1 across columns, 1-1 across rows.
 */
export function rgbToYuv420(rgb: usize, out: usize, width: i32, height: i32): void {
  const planeWidth = (width + 1) & ~1;
  const planeHeight = (height + 1) & ~1;
  for (let y = 0; y < planeHeight; y++) {
    const row = rgb + <usize>(min(y, height - 1) * width * 3);
    const target = out + <usize>(y * planeWidth);
    let x = 0;
    // Four pixels at once; a load of 16 bytes reaches 4 beyond them, which the last ones of a row must not.
    for (; x + 6 <= width; x += 4) {
      store<u32>(target + <usize>x, i32x4.extract_lane(lumaOfFour(v128.load(row + <usize>(x * 3))), 0));
    }
    for (; x < planeWidth; x++) {
      const pixel = row + <usize>(min(x, width - 1) * 3);
      const luma = Y_RED * <i32>load<u8>(pixel) + Y_GREEN * <i32>load<u8>(pixel, 1) + Y_BLUE * <i32>load<u8>(pixel, 2);
      store<u8>(target + <usize>x, <u8>((luma + Y_OFFSET) >> 16));
    }
  }
  const u = out + <usize>(planeWidth * planeHeight);
  const v = u + <usize>((planeWidth * planeHeight) >> 2);
  const chromaWidth = planeWidth >> 1;
  for (let y = 0; y < planeHeight; y += 2) {
    const upper = rgb + <usize>(y * width * 3);
    const lower = rgb + <usize>(min(y + 1, height - 1) * width * 3);
    for (let x = 0; x < planeWidth; x += 2) {
      const left = <usize>(max(x - 1, 0) * 3);
      const centre = <usize>(x * 3);
      const right = <usize>(min(x + 1, width - 1) * 3);
      const red = weighted(upper, lower, left, centre, right);
      const green = weighted(upper + 1, lower + 1, left, centre, right);
      const blue = weighted(upper + 2, lower + 2, left, centre, right);
      const at = <usize>((y >> 1) * chromaWidth + (x >> 1));
      // The weights add up to 8, hence 19 bits; the offset is 128 plus one half.
      store<u8>(u + at, <u8>((U_RED * red + U_GREEN * green + U_BLUE * blue + (257 << 18)) >> 19));
      store<u8>(v + at, <u8>((V_RED * red + V_GREEN * green + V_BLUE * blue + (257 << 18)) >> 19));
    }
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
    // A lane grows by at most 1020 a turn: it is emptied long before it is full.
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

/** Copies bytes. */
export function copy(from: usize, to: usize, length: usize): void {
  memory.copy(to, from, length);
}

/** Converts packed RGB to planes of green, blue and red: where pictures are compared, green stands for brightness. */
export function rgbToPlanes(rgb: usize, out: usize, width: i32, height: i32): void {
  const pixels = <usize>(width * height);
  for (let i: usize = 0; i < pixels; i++) {
    const pixel = rgb + i * 3;
    store<u8>(out + i, load<u8>(pixel, 1));
    store<u8>(out + pixels + i, load<u8>(pixel, 2));
    store<u8>(out + 2 * pixels + i, load<u8>(pixel));
  }
}

/** Packs planes of green, blue and red: as RGB, or as BGRA with `bytes` 4. */
export function packPlanes(planes: usize, out: usize, pixels: usize, bytes: i32): void {
  for (let i: usize = 0; i < pixels; i++) {
    const green = <u32>load<u8>(planes + i);
    const blue = <u32>load<u8>(planes + pixels + i);
    const red = <u32>load<u8>(planes + 2 * pixels + i);
    if (bytes === 4) {
      store<u32>(out + i * 4, blue | (green << 8) | (red << 16) | 0xff000000);
    } else {
      const pixel = out + i * 3;
      store<u8>(pixel, <u8>red);
      store<u8>(pixel, <u8>green, 1);
      store<u8>(pixel, <u8>blue, 2);
    }
  }
}

/** Converts packed RGB to packed BGRA, opaque. */
export function rgbToBgra(rgb: usize, out: usize, width: i32, height: i32): void {
  const pixels = <usize>(width * height);
  for (let i: usize = 0; i < pixels; i++) {
    const pixel = rgb + i * 3;
    const red = <u32>load<u8>(pixel);
    const green = <u32>load<u8>(pixel, 1);
    const blue = <u32>load<u8>(pixel, 2);
    store<u32>(out + i * 4, blue | (green << 8) | (red << 16) | 0xff000000);
  }
}

/**
 * Converts packed RGB to planes Y, U, V of 10-bit words, BT.709, limited range, chroma sited to the left.
 * `chromaRows` is how many rows share a chroma sample: 1 for 4:2:2, 2 for 4:2:0. Sides as in `rgbToYuv420`.
 */
export function rgbToYuv10(rgb: usize, out: usize, width: i32, height: i32, chromaRows: i32): void {
  const planeWidth = (width + 1) & ~1;
  const planeHeight = (height + 1) & ~1;
  for (let y = 0; y < planeHeight; y++) {
    const row = rgb + <usize>(min(y, height - 1) * width * 3);
    const target = out + <usize>(y * planeWidth * 2);
    for (let x = 0; x < planeWidth; x++) {
      const pixel = row + <usize>(min(x, width - 1) * 3);
      const luma = Y_RED * <i32>load<u8>(pixel) + Y_GREEN * <i32>load<u8>(pixel, 1) + Y_BLUE * <i32>load<u8>(pixel, 2);
      // Two bits more than in 8-bit video: 64 is black.
      store<u16>(target + <usize>(x * 2), <u16>((luma + (16 << 16) + (1 << 13)) >> 14));
    }
  }
  const chromaWidth = planeWidth >> 1;
  const u = out + <usize>(planeWidth * planeHeight * 2);
  const v = u + <usize>(chromaWidth * (planeHeight / chromaRows) * 2);
  for (let y = 0; y < planeHeight; y += chromaRows) {
    const upper = rgb + <usize>(min(y, height - 1) * width * 3);
    const lower = rgb + <usize>(min(y + chromaRows - 1, height - 1) * width * 3);
    for (let x = 0; x < planeWidth; x += 2) {
      const left = <usize>(max(x - 1, 0) * 3);
      const centre = <usize>(x * 3);
      const right = <usize>(min(x + 1, width - 1) * 3);
      const red = weighted(upper, lower, left, centre, right);
      const green = weighted(upper + 1, lower + 1, left, centre, right);
      const blue = weighted(upper + 2, lower + 2, left, centre, right);
      const at = <usize>(((y / chromaRows) * chromaWidth + (x >> 1)) * 2);
      // The weights add up to 8, hence 17 bits for two more than 8; the offset is 512 plus one half.
      store<u16>(u + at, <u16>((U_RED * red + U_GREEN * green + U_BLUE * blue + (1025 << 16)) >> 17));
      store<u16>(v + at, <u16>((V_RED * red + V_GREEN * green + V_BLUE * blue + (1025 << 16)) >> 17));
    }
  }
}

/** The luma of the first four packed RGB pixels, as the lowest four bytes. */
function lumaOfFour(pixels: v128): v128 {
  const zero = i8x16.splat(0);
  const red = i8x16.shuffle(pixels, zero, 0, 16, 16, 16, 3, 16, 16, 16, 6, 16, 16, 16, 9, 16, 16, 16);
  const green = i8x16.shuffle(pixels, zero, 1, 16, 16, 16, 4, 16, 16, 16, 7, 16, 16, 16, 10, 16, 16, 16);
  const blue = i8x16.shuffle(pixels, zero, 2, 16, 16, 16, 5, 16, 16, 16, 8, 16, 16, 16, 11, 16, 16, 16);
  const luma = i32x4.add(
    i32x4.add(i32x4.mul(red, i32x4.splat(Y_RED)), i32x4.mul(green, i32x4.splat(Y_GREEN))),
    i32x4.add(i32x4.mul(blue, i32x4.splat(Y_BLUE)), i32x4.splat(Y_OFFSET)),
  );
  const halves = i16x8.narrow_i32x4_u(i32x4.shr_u(luma, 16), zero);
  return i8x16.narrow_i16x8_u(halves, zero);
}

function weighted(upper: usize, lower: usize, left: usize, centre: usize, right: usize): i32 {
  return (
    <i32>load<u8>(upper + left) +
    2 * <i32>load<u8>(upper + centre) +
    <i32>load<u8>(upper + right) +
    <i32>load<u8>(lower + left) +
    2 * <i32>load<u8>(lower + centre) +
    <i32>load<u8>(lower + right)
  );
}
