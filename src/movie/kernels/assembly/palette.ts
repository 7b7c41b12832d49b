/** Colours of a lookup table: 6 bits of each channel. */
const LOOKUP_SIZE: usize = 1 << 18;

/** For each colour of 6 bits a channel, the nearest of the opaque ones among the 256 BGRA colours of a palette. */
export function fillPaletteLookup(palette: usize, lookup: usize): void {
  for (let key: usize = 0; key < LOOKUP_SIZE; key++) {
    const red = <i32>((key >> 12) << 2) + 2;
    const green = <i32>(((key >> 6) & 63) << 2) + 2;
    const blue = <i32>((key & 63) << 2) + 2;
    let nearest = 0;
    let least = i32.MAX_VALUE;
    for (let index = 0; index < 256; index++) {
      const colour = palette + <usize>(index * 4);
      if (load<u8>(colour, 3) < 128) continue;
      const db = blue - <i32>load<u8>(colour);
      const dg = green - <i32>load<u8>(colour, 1);
      const dr = red - <i32>load<u8>(colour, 2);
      const distance = dr * dr + dg * dg + db * db;
      if (distance < least) {
        least = distance;
        nearest = index;
      }
    }
    store<u8>(lookup + key, <u8>nearest);
  }
}

/**
 * Reduces planes of green, blue and red to the indices of a palette. What a pixel's colour is off goes on to its
 * neighbours: a half to the right, a quarter below and a quarter below to the left (Sierra's "filter lite", 2-4A).
 * `errors` has room for two rows of `width + 2` times three 32-bit numbers.
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
    // The first and the last place of a row of errors are beyond the edges.
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
  // Divided towards zero: the smallest errors fade away, so that plain areas stay plain, and files small.
  const quarter = error / 4;
  store<i32>(here + place + 12, load<i32>(here + place + 12) + error / 2);
  store<i32>(below + place, load<i32>(below + place) + quarter);
  store<i32>(below + place - 12, load<i32>(below + place - 12) + quarter);
}
