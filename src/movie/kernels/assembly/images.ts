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

/** Entries of a lookup table: 6 bits per channel. */
const LOOKUP_SIZE: usize = 1 << 18;

/** Finds, for each colour of 6 bits per channel, the nearest opaque one among the 256 BGRA colours of a palette. */
export function fillPaletteLookup(palette: usize, lookup: usize): void {
  for (let key: usize = 0; key < LOOKUP_SIZE; key++) {
    const red = <i32>((key >> 12) << 2) + 2;
    const green = <i32>(((key >> 6) & 63) << 2) + 2;
    const blue = <i32>((key & 63) << 2) + 2;
    let nearest = 0;
    let minDistance = i32.MAX_VALUE;
    for (let index = 0; index < 256; index++) {
      const colour = palette + <usize>(index * 4);
      if (load<u8>(colour, 3) < 128) continue;
      const db = blue - <i32>load<u8>(colour);
      const dg = green - <i32>load<u8>(colour, 1);
      const dr = red - <i32>load<u8>(colour, 2);
      const distance = dr * dr + dg * dg + db * db;
      if (distance < minDistance) {
        minDistance = distance;
        nearest = index;
      }
    }
    store<u8>(lookup + key, <u8>nearest);
  }
}

/**
 * Reduces planes of green, blue and red to the indices of a palette. The error of a pixel is spread to its neighbours: a
 * half to the right, a quarter below and a quarter below to the left (Sierra's "filter lite", 2-4A). `errors` has room for
 * two rows of `width + 2` times three 32-bit integers.
 */
export function ditherPlanes(
  planes: usize,
  out: usize,
  width: i32,
  height: i32,
  palette: usize,
  lookup: usize,
  errors: usize,
): void {
  const pixels = <usize>(width * height);
  const rowBytes = <usize>((width + 2) * 12);
  memory.fill(errors, 0, rowBytes * 2);
  for (let y = 0; y < height; y++) {
    // The first and last places of a row of errors are beyond the edges.
    const here = errors + (y & 1 ? rowBytes : 0);
    const below = errors + (y & 1 ? 0 : rowBytes);
    memory.fill(below, 0, rowBytes);
    for (let x = 0; x < width; x++) {
      const at = planes + <usize>(y * width + x);
      const error = here + <usize>((x + 1) * 12);
      const red = clamped(<i32>load<u8>(at + 2 * pixels) + load<i32>(error));
      const green = clamped(<i32>load<u8>(at) + load<i32>(error, 4));
      const blue = clamped(<i32>load<u8>(at + pixels) + load<i32>(error, 8));
      const index = load<u8>(lookup + <usize>(((red >> 2) << 12) | ((green >> 2) << 6) | (blue >> 2)));
      store<u8>(out + <usize>(y * width + x), index);
      const colour = palette + <usize>index * 4;
      const place = <usize>((x + 1) * 12);
      spread(here, below, place, red - <i32>load<u8>(colour, 2));
      spread(here, below, place + 4, green - <i32>load<u8>(colour, 1));
      spread(here, below, place + 8, blue - <i32>load<u8>(colour));
    }
  }
}

function clamped(level: i32): i32 {
  return min(max(level, 0), 255);
}

function spread(here: usize, below: usize, place: usize, error: i32): void {
  // Rounded towards zero: small errors vanish, so that plain areas stay plain and files small.
  const quarter = error / 4;
  store<i32>(here + place + 12, load<i32>(here + place + 12) + error / 2);
  store<i32>(below + place, load<i32>(below + place) + quarter);
  store<i32>(below + place - 12, load<i32>(below + place - 12) + quarter);
}
