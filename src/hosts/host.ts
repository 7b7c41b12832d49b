import type { GenerationOptionsInput, Img2imgOptionsInput } from '../options/option-types.js';
import type { Picture, Size } from '../pictures/picture.js';
import type { RecordedImage } from '../recording/plan.js';
import type { FinishedImage } from '../recording/run.js';
import type { RecordedPass } from '../recording/steps.js';

/**
 * Something that generates images and reports every step: the engine of this package or another program.
 * `Request` is undefined where the images were requested elsewhere.
 */
export type Host<Request extends GenerationRequest | undefined = GenerationRequest> = {
  readonly name: string;
  /**
   * What the host has.
   * @param signal ends the wait for an answer
   * @throws StepsAnimationError `network` if the host cannot be reached
   */
  describe(signal?: AbortSignal): Promise<HostDescription>;
  /**
   * Checks a request as far as that is possible without loading its model.
   * @throws StepsAnimationError `usage` or `model`, as `generate` would
   */
  check?(request: Request): Promise<void>;
  /** Begins to load what a request needs, and returns at once; what goes wrong is thrown by `generate`. */
  prepare?(request: Request): void;
  /**
   * Runs a request and yields its events in order. Either of these ends images early, with the picture of their last
   * step:
   * - When `signal` aborts, or the run is interrupted in the program itself, sampling stops after the current step.
   *   Images in progress end with the reason `interrupted`, no other image begins, and `end` follows.
   * - At each `skip` event of `skips`, the same happens to the current batch only: its images in progress end with the
   *   reason `skipped`, none of its others begins, and the next batch does. After `start` the first batch is the
   *   current one. A skip in the program itself counts as well.
   *
   * If a run fails, its images in progress end with the reason `interrupted`, and the error is thrown after `end`.
   * @throws StepsAnimationError `usage`, `model` or `network`
   */
  generate(request: Request, signal?: AbortSignal, skips?: EventTarget): AsyncIterable<GenerationEvent>;
};

export type HostDescription = {
  /** the default one first, if there is one */
  readonly models: readonly ModelDescription[];
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
};

export type ModelDescription = {
  readonly name: string;
  /** size of the pictures that the model was trained on, in pixels */
  readonly width: number;
  readonly height: number;
  /** whether it makes pictures of that size only; default: false, or not known */
  readonly isSizeFixed?: boolean;
};

/** The generation options (docs/options.md), each with its default if left out. */
export type GenerationRequest = GenerationOptionsInput & {
  /** what img2img starts from; txt2img if left out */
  readonly start?: StartRequest;
};

/** The starting picture of img2img, with the img2img options (docs/options.md). */
export type StartRequest = Img2imgOptionsInput & {
  /** of any size */
  readonly picture: Picture;
  /** of the same size: white is repainted, black stays; everything is repainted if left out */
  readonly mask?: Picture;
};

/** An image of a run. */
export type ImageInfo = RecordedImage;

/** A pass that each image goes through, with the size of its pictures in pixels, if known beforehand. */
export type PassInfo = RecordedPass & Partial<Size>;

/** Which latent the picture of a step shows: the model's guess of the clean image, or the noisy one. */
export type Content = 'denoised' | 'noisy';

/** Why an image is as it is. */
export type FinishReason = FinishedImage['reason'];

/** What happens in a run: one `start`, steps, images and notes, one `end`. */
export type GenerationEvent =
  | { readonly type: 'start'; readonly images: readonly ImageInfo[]; readonly passes: readonly PassInfo[] }
  /** What the first pass of an image starts from, its step 0, before its first step; from hosts that have it. */
  | {
      readonly type: 'noise';
      /** index into `images` of `start` */
      readonly image: number;
      /** As of a step. */
      readonly picture: () => Promise<Picture>;
      /** As of a step. */
      readonly release?: () => void;
    }
  | {
      readonly type: 'step';
      /** index into `images` of `start` */
      readonly image: number;
      /** index into `passes` of `start` */
      readonly pass: number;
      /** from 1 */
      readonly step: number;
      /**
       * noise level of the latent that the step works on: the standard deviation of its noise beside a clean image of
       * full strength. Left out if the host does not tell it
       */
      readonly sigma?: number;
      /** Decodes the picture of the step, beside the sampler; can be called until the iteration has ended. */
      readonly picture: (content: Content) => Promise<Picture>;
      /** A rough picture of the step, of any size, which costs next to nothing. */
      readonly preview?: () => Picture;
      /**
       * Says that the picture will not be needed. If there is this function, `picture` or `release` has to be called for
       * every step: the host keeps the pictures, and waits while too many are pending.
       */
      readonly release?: () => void;
    }
  /** something that the user may want to know */
  | { readonly type: 'note'; readonly message: string }
  | {
      readonly type: 'image';
      /** index into `images` of `start` */
      readonly image: number;
      readonly picture: Picture;
      readonly infotext: string;
      readonly reason: FinishReason;
    }
  | { readonly type: 'end' };
