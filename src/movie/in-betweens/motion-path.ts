import { StepsAnimationError } from '../../errors.js';
import type { MotionInterpolator } from '../../motion/motion-interpolator.js';
import { messageOf } from '../../util/error-message.js';
import type { KernelBuffer } from '../kernels/frame-memory.js';
import type { TimelineFrame } from '../timeline.js';
import type { CrossFade } from './cross-fade.js';
import type { HeldPictures, InBetweens, Interval } from './in-betweens.js';

/** What moves is shown on its way; where pictures change in place, as steps of denoising do, they go another way. */
export class MotionPath implements InBetweens {
  readonly #motion: MotionInterpolator;
  readonly #inPlace: InBetweens;
  readonly #crossFade: CrossFade;
  readonly #moved: KernelBuffer;
  /** how far the interval that was looked at last shows motion, 0 to 1 */
  #estimate: { readonly from: number; readonly share: number } | undefined;

  /**
   * @param inPlace makes the frames where nothing moves
   * @param moved a buffer for a frame
   */
  constructor(motion: MotionInterpolator, inPlace: InBetweens, crossFade: CrossFade, moved: KernelBuffer) {
    this.#motion = motion;
    this.#inPlace = inPlace;
    this.#crossFade = crossFade;
    this.#moved = moved;
  }

  lastNeeded(interval: Interval): number {
    return this.#inPlace.lastNeeded(interval);
  }

  async frame(at: TimelineFrame, pictures: HeldPictures): Promise<KernelBuffer> {
    const { from, to, weight } = at;
    const [a, b] = [pictures(from), pictures(to)];
    if (!a || !b) throw new Error(`A picture of visits ${from} and ${to} is not there.`);
    try {
      if (this.#estimate?.from !== from) {
        this.#estimate = { from, share: await this.#motion.setPair(a.bytes, b.bytes) };
      }
      const { share } = this.#estimate;
      if (share === 0) return await this.#inPlace.frame(at, pictures);
      await this.#motion.frame(weight, this.#moved.bytes);
      if (share === 1) return this.#moved;
      return this.#crossFade.mix(await this.#inPlace.frame(at, pictures), this.#moved, share);
    } catch (error) {
      throw new StepsAnimationError('encoder', messageOf(error), { cause: error });
    }
  }
}
