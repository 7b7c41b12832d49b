import type { KernelBuffer } from '../kernels/frame-memory.js';
import type { TimelineFrame } from '../timeline.js';

/** The picture of a visit, if it has been added and is one of the last that are held. */
export type HeldPictures = (visit: number) => KernelBuffer | undefined;

/** Two neighbouring visits. */
export type Interval = Pick<TimelineFrame, 'from' | 'to'>;

/** A way to make the frames between two pictures. */
export type InBetweens = {
  /** The last visit whose picture has to be there before frames of an interval can be made. */
  readonly lastNeeded: (interval: Interval) => number;
  /** Makes the frame at `weight`, between 0 and 1, in a buffer that the next frame overwrites. */
  readonly frame: (at: TimelineFrame, pictures: HeldPictures) => Promise<KernelBuffer>;
};
