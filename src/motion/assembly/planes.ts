import { Level, LUMA_MARGIN, PLANE_MARGIN, Plane } from './structures';

/**
 * Copies rows of a plane of a source (`bytes` per sample, without padding) to 16-bit words with a margin on all sides and,
 * if there is a level, to floats in units of 8-bit luma for the search. `second` is whether it is the second source.
 */
export function importRows(
  plane: Plane,
  level: Level | null,
  second: bool,
  picture: usize,
  bytes: i32,
  lumaScale: f32,
  firstRow: i32,
  endRow: i32,
): void {
  const width = plane.width;
  const words = second ? plane.b : plane.a;
  for (let y = firstRow; y < endRow; y++) {
    const source = picture + <usize>(y * width * bytes);
    const target = words + <usize>(y * plane.stride);
    if (bytes === 1) for (let x = 0; x < width; x++) store<u16>(target + <usize>(x << 1), load<u8>(source + <usize>x));
    else memory.copy(target, source, <usize>(width << 1));
    if (level) importLuma(target, level, second, lumaScale, y);
    extendRow<u16>(target, width, y, plane.height, plane.stride, PLANE_MARGIN);
  }
}

function importLuma(words: usize, level: Level, second: bool, scale: f32, y: i32): void {
  const target = (second ? level.to : level.from) + <usize>(y * level.stride);
  for (let x = 0; x < level.width; x++) {
    store<f32>(target + <usize>(x << 2), <f32>load<u16>(words + <usize>(x << 1)) * scale);
  }
  extendRow<f32>(target, level.width, y, level.height, level.stride, LUMA_MARGIN);
}

/** Fills the margin beside a row, and above or below the plane if it is the first or last row. */
function extendRow<Sample>(row: usize, width: i32, y: i32, height: i32, stride: i32, margin: i32): void {
  const bytes = <i32>sizeof<Sample>();
  const last = row + <usize>((width - 1) * bytes);
  const first = row - <usize>(margin * bytes);
  const beyond = stride / bytes - width - margin;
  for (let x = 0; x < margin; x++) store<Sample>(first + <usize>(x * bytes), load<Sample>(row));
  for (let x = 1; x <= beyond; x++) store<Sample>(last + <usize>(x * bytes), load<Sample>(last));
  if (y === 0) for (let i = 1; i <= margin; i++) memory.copy(first - <usize>(i * stride), first, <usize>stride);
  if (y === height - 1)
    for (let i = 1; i <= margin; i++) memory.copy(first + <usize>(i * stride), first, <usize>stride);
}

/** Makes rows of the luma of a level from the finer one: a sample is the mean of four. */
export function halveRows(finer: Level, coarser: Level, second: bool, firstRow: i32, endRow: i32): void {
  const source = second ? finer.to : finer.from;
  const below = <usize>finer.stride;
  for (let y = firstRow; y < endRow; y++) {
    const upper = source + <usize>(2 * y * finer.stride);
    const target = (second ? coarser.to : coarser.from) + <usize>(y * coarser.stride);
    // The last step may read and write into the margin.
    for (let x = 0; x < coarser.width; x += 4) {
      const at = upper + <usize>(x << 3);
      const left = f32x4.add(v128.load(at), v128.load(at + below));
      const right = f32x4.add(v128.load(at, 16), v128.load(at + below, 16));
      const even = v128.shuffle<f32>(left, right, 0, 2, 4, 6);
      const odd = v128.shuffle<f32>(left, right, 1, 3, 5, 7);
      v128.store(target + <usize>(x << 2), f32x4.mul(f32x4.add(even, odd), f32x4.splat(0.25)));
    }
    extendRow<f32>(target, coarser.width, y, coarser.height, coarser.stride, LUMA_MARGIN);
  }
}
