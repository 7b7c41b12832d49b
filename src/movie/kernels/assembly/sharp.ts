import { writeLuma } from './video';

// ITU-R BT.709, levels from 0 to 255, chroma from -127.5 to 127.5.
const LUMA_RED: f32 = 0.2126;
const LUMA_GREEN: f32 = 0.7152;
const LUMA_BLUE: f32 = 0.0722;
const RED_OF_V: f32 = 1.5748;
const GREEN_OF_U: f32 = -0.187324;
const GREEN_OF_V: f32 = -0.468124;
const BLUE_OF_U: f32 = 1.8556;

/** How often the error of a block is corrected; more makes no visible difference. */
const ROUNDS = 2;

/**
 * Like `rgbToYuv420`, but with edges that keep their colours: for a picture that people look at. The four pixels of a
 * block share the mean of their chroma, as most players show it. Where that takes a level out of range, luma and chroma
 * make up for what is cut off (the idea of libwebp's "sharp YUV").
 */
export function rgbToSharpYuv420(rgb: usize, out: usize, width: i32, height: i32): void {
  const planeWidth = (width + 1) & ~1;
  const planeHeight = (height + 1) & ~1;
  writeLuma(rgb, out, width, height);
  const chroma = out + <usize>(planeWidth * planeHeight);
  for (let y = 0; y < planeHeight; y += 2) {
    const upper = rgb + <usize>(y * width * 3);
    const lower = rgb + <usize>(min(y + 1, height - 1) * width * 3);
    for (let x = 0; x < planeWidth; x += 2) {
      const left = <usize>(x * 3);
      const right = <usize>(min(x + 1, width - 1) * 3);
      writeBlock(
        channel(upper + left, upper + right, lower + left, lower + right),
        channel(upper + left + 1, upper + right + 1, lower + left + 1, lower + right + 1),
        channel(upper + left + 2, upper + right + 2, lower + left + 2, lower + right + 2),
        out + <usize>(y * planeWidth + x),
        <usize>planeWidth,
        chroma + <usize>((y >> 1) * (planeWidth >> 1) + (x >> 1)),
        <usize>((planeWidth * planeHeight) >> 2),
      );
    }
  }
}

/**
 * Writes the chroma of four pixels, and their luma where it has to make up for something.
 * @param luma address of the first pixel, whose row has `stride` bytes
 * @param chroma address in the plane U, which has `planeBytes`; the plane V follows
 */
function writeBlock(
  red: v128,
  green: v128,
  blue: v128,
  luma: usize,
  stride: usize,
  chroma: usize,
  planeBytes: usize,
): void {
  let y = lumaOf(red, green, blue);
  let u = mean(f32x4.sub(blue, y)) / BLUE_OF_U;
  let v = mean(f32x4.sub(red, y)) / RED_OF_V;
  for (let round = 0; round < ROUNDS; round++) {
    const shownRed = f32x4.add(y, f32x4.splat(RED_OF_V * v));
    const shownGreen = f32x4.add(y, f32x4.splat(GREEN_OF_U * u + GREEN_OF_V * v));
    const shownBlue = f32x4.add(y, f32x4.splat(BLUE_OF_U * u));
    if (isInRange(shownRed) && isInRange(shownGreen) && isInRange(shownBlue)) break;
    const lostRed = f32x4.sub(red, inRange(shownRed));
    const lostBlue = f32x4.sub(blue, inRange(shownBlue));
    const lost = lumaOf(lostRed, f32x4.sub(green, inRange(shownGreen)), lostBlue);
    y = inRange(f32x4.add(y, lost));
    u += mean(f32x4.sub(lostBlue, lost)) / BLUE_OF_U;
    v += mean(f32x4.sub(lostRed, lost)) / RED_OF_V;
    writeLumaOf(y, luma, stride);
  }
  store<u8>(chroma, chromaByte(u));
  store<u8>(chroma + planeBytes, chromaByte(v));
}

/** A channel of four pixels at their addresses. */
function channel(a: usize, b: usize, c: usize, d: usize): v128 {
  return f32x4(<f32>load<u8>(a), <f32>load<u8>(b), <f32>load<u8>(c), <f32>load<u8>(d));
}

function lumaOf(red: v128, green: v128, blue: v128): v128 {
  return f32x4.add(
    f32x4.add(f32x4.mul(red, f32x4.splat(LUMA_RED)), f32x4.mul(green, f32x4.splat(LUMA_GREEN))),
    f32x4.mul(blue, f32x4.splat(LUMA_BLUE)),
  );
}

function writeLumaOf(y: v128, luma: usize, stride: usize): void {
  const levels = f32x4.add(f32x4.mul(y, f32x4.splat(<f32>219 / 255)), f32x4.splat(16.5));
  store<u8>(luma, <u8>f32x4.extract_lane(levels, 0));
  store<u8>(luma + 1, <u8>f32x4.extract_lane(levels, 1));
  store<u8>(luma + stride, <u8>f32x4.extract_lane(levels, 2));
  store<u8>(luma + stride + 1, <u8>f32x4.extract_lane(levels, 3));
}

function chromaByte(level: f32): u8 {
  return <u8>min(max((level * 224) / 255 + 128.5, 16), 240);
}

function mean(values: v128): f32 {
  const pairs = f32x4.add(values, v128.shuffle<f32>(values, values, 2, 3, 0, 1));
  return (f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)) / 4;
}

function inRange(levels: v128): v128 {
  return f32x4.min(f32x4.max(levels, f32x4.splat(0)), f32x4.splat(255));
}

function isInRange(levels: v128): bool {
  // Rounding errors are no loss.
  const limits = v128.or(f32x4.lt(levels, f32x4.splat(-0.5)), f32x4.gt(levels, f32x4.splat(255.5)));
  return !v128.any_true(limits);
}
