import { extendRow } from './import';
import { Level, LUMA_MARGIN } from './structures';

/** Makes rows of the luma of a level from that of the finer one; a sample is the mean of four. */
export function halveRows(finer: Level, coarser: Level, second: bool, firstRow: i32, endRow: i32): void {
  const source = second ? finer.to : finer.from;
  const below = <usize>finer.stride;
  for (let y = firstRow; y < endRow; y++) {
    const upper = source + <usize>(2 * y * finer.stride);
    const target = (second ? coarser.to : coarser.from) + <usize>(y * coarser.stride);
    // The margin has room for what the last step reads and writes too much.
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
