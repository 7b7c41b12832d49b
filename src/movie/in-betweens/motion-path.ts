import { StepsAnimationError } from '../../errors.js';
import type { MotionInterpolator } from '../../motion/motion-interpolator.js';
import { messageOf } from '../../util/error-message.js';
import type { KernelBuffer } from '../kernels/frame-memory.js';
import type { TimelineFrame } from '../timeline.js';
import type { HeldPictures, InBetweens, Interval } from './in-betweens.js';

/** What moves from one picture to the next is shown on its way. */
export class MotionPath implements InBetweens {
  readonly #motion: MotionInterpolator;
  readonly #out: KernelBuffer;
  /** the visit from which the motion was estimated last */
  #estimatedFrom: number | undefined;

  constructor(motion: MotionInterpolator, out: KernelBuffer) {
    this.#motion = motion;
    this.#out = out;
  }

  lastNeeded({ to }: Interval): number {
    return to;
  }

  async frame({ from, to, weight }: TimelineFrame, pictures: HeldPictures): Promise<KernelBuffer> {
    const [a, b] = [pictures(from), pictures(to)];
    if (!a || !b) throw new Error(`A picture of visits ${from} and ${to} is not there.`);
    try {
      if (this.#estimatedFrom !== from) await this.#motion.setPair(a.bytes, b.bytes);
      this.#estimatedFrom = from;
      await this.#motion.frame(weight, this.#out.bytes);
      return this.#out;
    } catch (error) {
      throw new StepsAnimationError('encoder', messageOf(error), { cause: error });
    }
  }
}
