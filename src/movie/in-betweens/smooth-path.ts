import type { Size } from '../../pictures/picture.js';
import { type FrameKernels, type KernelBuffer, padToSimd } from '../kernels/frame-memory.js';
import { type Timeline, type TimelineFrame, visitsAround, visitTime } from '../timeline.js';
import { bendWeights, type Turn } from './bend.js';
import type { CrossFade, SampleDepth } from './cross-fade.js';
import type { HeldPictures, InBetweens, Interval } from './in-betweens.js';

/** Units of the kernels. */
const weightUnit = 4096;
const bowUnit = 32768;

/** The buffers of a path, in the memory of the kernels. */
type PathBuffers = {
  readonly out: KernelBuffer;
  /** of `SmoothPath.bendBytes` */
  readonly bend: KernelBuffer;
  /** of `SmoothPath.scratchBytes` */
  readonly scratch: KernelBuffer;
};

type PathFormat = {
  readonly kernels: FrameKernels;
  readonly depth: SampleDepth;
  /** sizes of the planes in samples */
  readonly planes: readonly Size[];
};

/**
 * A smooth way through the pictures: between two of them it is bent as the ones before and after suggest, as far as
 * their changes have to do with each other; elsewhere it is the straight line of the cross-fade. Looks one picture ahead.
 */
export class SmoothPath implements InBetweens {
  /** Bytes to work in, for frames of a width in pixels. */
  static scratchBytes(width: number): number {
    return Math.max(3 * Float64Array.BYTES_PER_ELEMENT, (2 * width + 32) * Int16Array.BYTES_PER_ELEMENT);
  }

  /** Bytes for the bend between pictures of so many bytes: 16 bits for each sample. */
  static bendBytes(pictureBytes: number, depth: SampleDepth): number {
    return depth === 8 ? 2 * pictureBytes : pictureBytes;
  }

  readonly #timeline: Timeline;
  readonly #shown: ReadonlySet<number>;
  readonly #kernels: FrameKernels;
  readonly #depth: SampleDepth;
  readonly #planes: readonly Size[];
  readonly #buffers: PathBuffers;
  readonly #crossFade: CrossFade;
  /** the interval that `bend` is of, and whether it is not 0 everywhere */
  #bent: { readonly from: number; readonly isBent: boolean } | undefined;

  constructor(
    { kernels, depth, planes, ...buffers }: PathBuffers & PathFormat,
    { timeline, shown, crossFade }: { timeline: Timeline; shown: ReadonlySet<number>; crossFade: CrossFade },
  ) {
    this.#kernels = kernels;
    this.#depth = depth;
    this.#planes = planes;
    this.#buffers = buffers;
    this.#timeline = timeline;
    this.#shown = shown;
    this.#crossFade = crossFade;
  }

  lastNeeded(interval: Interval): number {
    const { before, after } = visitsAround(this.#timeline, this.#shown, interval);
    return before === undefined ? interval.to : (after ?? interval.to);
  }

  async frame(at: TimelineFrame, pictures: HeldPictures): Promise<KernelBuffer> {
    const { from, to, weight } = at;
    if (this.#bent?.from !== from) this.#bent = { from, isBent: this.#bend(at, pictures) };
    const [a, b] = [pictures(from), pictures(to)];
    if (!this.#bent.isBent || !a || !b) return await this.#crossFade.frame(at, pictures);
    const { blendBent, blendBentWords } = this.#kernels;
    const [kernel, fullWeight] = this.#depth === 8 ? [blendBent, 256] : [blendBentWords, 1024];
    const { out, bend } = this.#buffers;
    const bow = Math.min(Math.round(4 * weight * (1 - weight) * bowUnit), bowUnit - 1);
    const length = padToSimd(out.bytes.length);
    kernel(a.address, b.address, bend.address, out.address, length, Math.round(weight * fullWeight), bow);
    return out;
  }

  /** Prepares the bend of an interval. @returns whether there is any */
  #bend(interval: Interval, pictures: HeldPictures): boolean {
    const { before, after } = visitsAround(this.#timeline, this.#shown, interval);
    if (before === undefined || after === undefined) return false;
    const { from, to } = interval;
    const [a, b, c, d] = [pictures(before), pictures(from), pictures(to), pictures(after)];
    if (!a || !b || !c || !d) return false;
    const time = (visit: number) => visitTime(this.#timeline, visit);
    const times = [time(before), time(from), time(to), time(after)] as const;
    // Pictures that are reached at the same time as others say nothing about a speed.
    if (times[1] <= times[0] || times[3] <= times[2]) return false;
    const changes = bendWeights({ times, turns: [this.#turn(a, b, c), this.#turn(b, c, d)] });
    const [first, middle, last] = changes.map((weight) => Math.round(weight * weightUnit)) as typeof changes;
    if (first === 0 && middle === 0 && last === 0) return false;
    const { out, bend } = this.#buffers;
    const sources = [a.address, b.address, c.address, d.address] as const;
    const weights = [-first, first - middle, middle - last, last] as const;
    this.#kernels.bendOf(...sources, bend.address, padToSimd(out.bytes.length), this.#depth !== 8, ...weights);
    this.#soften();
    return true;
  }

  #soften(): void {
    const { bend, scratch } = this.#buffers;
    let { address } = bend;
    for (const { width, height } of this.#planes) {
      this.#kernels.softenBend(address, width, height, scratch.address);
      address += width * height * Int16Array.BYTES_PER_ELEMENT;
    }
  }

  #turn(a: KernelBuffer, b: KernelBuffer, c: KernelBuffer): Turn {
    const { address, bytes } = this.#buffers.scratch;
    const words = this.#depth !== 8;
    this.#kernels.measureTurn(a.address, b.address, c.address, padToSimd(a.bytes.length), words, address);
    const sums = new DataView(bytes.buffer, bytes.byteOffset);
    // As if of 8 bits: 10 bits have 4 levels for each of these.
    const samples = words ? (a.bytes.length / 2) * 4 ** 2 : a.bytes.length;
    const [before, after, product] = [0, 8, 16].map((at) => sums.getFloat64(at, true) / samples);
    return { before: before ?? 0, after: after ?? 0, product: product ?? 0 };
  }
}
