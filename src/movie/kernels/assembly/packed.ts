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
