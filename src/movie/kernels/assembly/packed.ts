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

/** Packs planes of green, blue and red as RGB. */
export function planesToRgb(planes: usize, out: usize, pixels: usize): void {
  for (let i: usize = 0; i < pixels; i++) {
    const pixel = out + i * 3;
    store<u8>(pixel, load<u8>(planes + 2 * pixels + i));
    store<u8>(pixel, load<u8>(planes + i), 1);
    store<u8>(pixel, load<u8>(planes + pixels + i), 2);
  }
}

/** Packs planes of green, blue and red as opaque BGRA. */
export function planesToBgra(planes: usize, out: usize, pixels: usize): void {
  const opaque = i8x16.splat(-1);
  let i: usize = 0;
  for (; i + 16 <= pixels; i += 16) {
    const green = v128.load(planes + i);
    const blue = v128.load(planes + pixels + i);
    const red = v128.load(planes + 2 * pixels + i);
    packFour(out + i * 4, blue, green, red, opaque);
  }
  for (; i < pixels; i++) {
    const green = <u32>load<u8>(planes + i);
    const blue = <u32>load<u8>(planes + pixels + i);
    const red = <u32>load<u8>(planes + 2 * pixels + i);
    store<u32>(out + i * 4, blue | (green << 8) | (red << 16) | 0xff000000);
  }
}

/** Interleaves the bytes of four vectors. */
function packFour(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const lowAb = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const highAb = v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const lowCd = v128.shuffle<i8>(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const highCd = v128.shuffle<i8>(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(out, v128.shuffle<i16>(lowAb, lowCd, 0, 8, 1, 9, 2, 10, 3, 11));
  v128.store(out, v128.shuffle<i16>(lowAb, lowCd, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  v128.store(out, v128.shuffle<i16>(highAb, highCd, 0, 8, 1, 9, 2, 10, 3, 11), 32);
  v128.store(out, v128.shuffle<i16>(highAb, highCd, 4, 12, 5, 13, 6, 14, 7, 15), 48);
}
