import { type FrameKernels, type KernelBuffer, padToSimd } from '../kernels/frame-memory.js';
import type { TimelineFrame } from '../timeline.js';
import type { HeldPictures, InBetweens, Interval } from './in-betweens.js';

/** Bits per sample: 8 in a byte, 10 in a 16-bit word. */
export type SampleDepth = 8 | 10;

/** One picture fades while the next one appears. */
export class CrossFade implements InBetweens {
  readonly #kernels: FrameKernels;
  readonly #depth: SampleDepth;
  readonly #out: KernelBuffer;

  constructor(kernels: FrameKernels, depth: SampleDepth, out: KernelBuffer) {
    this.#kernels = kernels;
    this.#depth = depth;
    this.#out = out;
  }

  lastNeeded({ to }: Interval): number {
    return to;
  }

  async frame({ from, to, weight }: TimelineFrame, pictures: HeldPictures): Promise<KernelBuffer> {
    const [a, b] = [pictures(from), pictures(to)];
    if (!a || !b) throw new Error(`A picture of visits ${from} and ${to} is not there.`);
    return this.mix(a, b, weight);
  }

  /** The mean of two frames, in which `weight` is that of the second, 0 to 1. */
  mix(a: KernelBuffer, b: KernelBuffer, weight: number): KernelBuffer {
    const { blend, blendWords } = this.#kernels;
    const [kernel, fullWeight] = this.#depth === 8 ? [blend, 256] : [blendWords, 1024];
    const { address, bytes } = this.#out;
    kernel(a.address, b.address, address, padToSimd(bytes.length), Math.round(weight * fullWeight));
    return this.#out;
  }
}
