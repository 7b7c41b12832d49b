import type { Picture, Size } from '../pictures/picture.js';
import { allocateFrameMemory, type FrameKernels, type KernelBuffer, padToSimd } from './kernels/frame-memory.js';

/** Measures how much pictures of one size differ from one another. */
export class ChangeMeter {
  readonly #kernels: FrameKernels;
  #previous: KernelBuffer;
  #current: KernelBuffer;
  #isFirst = true;

  constructor({ width, height }: Size) {
    const bytes = width * height * 3;
    const { kernels, buffers } = allocateFrameMemory([bytes, bytes]);
    this.#kernels = kernels;
    [this.#previous, this.#current] = buffers;
  }

  /** The mean absolute difference of the samples to the picture before, 0 to 255; null for the first picture. */
  changeTo({ data }: Picture): number | null {
    const [current, previous] = [this.#previous, this.#current];
    [this.#current, this.#previous] = [current, previous];
    current.bytes.set(data);
    if (this.#isFirst) {
      this.#isFirst = false;
      return null;
    }
    return this.#kernels.absoluteDifference(previous.address, current.address, padToSimd(data.length)) / data.length;
  }
}
