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
  writeLuma(rgb, out, width, height);
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

/** Writes the plane Y of bytes; the last row and column are repeated where the picture's side is odd. */
export function writeLuma(rgb: usize, out: usize, width: i32, height: i32): void {
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
}

/**
 * Converts packed RGB to the planes Y, U, V of 10-bit words with 4:2:2 subsampling, BT.709, limited range, chroma sited
 * to the left. The planes have even sides, as above.
 */
export function rgbToYuv422(rgb: usize, out: usize, width: i32, height: i32): void {
  const planeWidth = (width + 1) & ~1;
  const planeHeight = (height + 1) & ~1;
  const chromaWidth = planeWidth >> 1;
  const u = out + <usize>(planeWidth * planeHeight * 2);
  const v = u + <usize>(chromaWidth * planeHeight * 2);
  for (let y = 0; y < planeHeight; y++) {
    const row = rgb + <usize>(min(y, height - 1) * width * 3);
    const target = out + <usize>(y * planeWidth * 2);
    for (let x = 0; x < planeWidth; x++) {
      const pixel = row + <usize>(min(x, width - 1) * 3);
      const luma = Y_RED * <i32>load<u8>(pixel) + Y_GREEN * <i32>load<u8>(pixel, 1) + Y_BLUE * <i32>load<u8>(pixel, 2);
      // Two bits more than in 8-bit video: 64 is black.
      store<u16>(target + <usize>(x * 2), <u16>((luma + (16 << 16) + (1 << 13)) >> 14));
    }
    for (let x = 0; x < planeWidth; x += 2) {
      const left = <usize>(max(x - 1, 0) * 3);
      const centre = <usize>(x * 3);
      const right = <usize>(min(x + 1, width - 1) * 3);
      const red = weighted(row, row, left, centre, right);
      const green = weighted(row + 1, row + 1, left, centre, right);
      const blue = weighted(row + 2, row + 2, left, centre, right);
      const at = <usize>((y * chromaWidth + (x >> 1)) * 2);
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
