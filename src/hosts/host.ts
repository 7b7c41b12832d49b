import type { z } from 'zod';
import type { generationOptionsSchema, img2imgOptionsSchema } from '../options/generation-options.js';
import type { Picture } from '../pictures/picture.js';

/**
 * A program that generates images and tells of every step.
 * `Request` is what it is asked for; undefined where what it makes has been decided elsewhere.
 */
export type Host<Request extends GenerationRequest | undefined = GenerationRequest> = {
  readonly name: string;
  /** What this host has: asked before anything is generated, so that wrong requests fail at once. */
  describe(signal?: AbortSignal): Promise<HostDescription>;
  /**
   * Checks all of a request that can be checked without loading its model.
   * @throws StepsAnimationError `usage` or `model`, as `generate` would
   */
  check?(request: Request): Promise<void>;
  /**
   * Begins to load what a request needs, while its caller gets ready; returns at once. What goes wrong is told by
   * `generate`.
   */
  prepare?(request: Request): void;
  /**
   * Runs a request and yields its events in order.
   * When `signal` aborts, sampling stops after the step at hand; images begun then end with the reason
   * `interrupted`, and `end` still comes. At each `skip` event of `skips`, the batch at hand alone ends like that, with
   * the reason `skipped`, and the next begins. A run that fails on the way does the same and throws after `end`.
   */
  generate(request: Request, signal?: AbortSignal, skips?: EventTarget): AsyncIterable<GenerationEvent>;
};

export type HostDescription = {
  readonly models: readonly ModelDescription[];
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
};

export type ModelDescription = {
  readonly name: string;
  /** size of the pictures that the model was trained on, in pixels */
  readonly width: number;
  readonly height: number;
};

/** What a host is asked for: the generation options (docs/options.md), those left out by their defaults. */
export type GenerationRequest = z.input<typeof generationOptionsSchema> & {
  /** what img2img starts from */
  readonly start?: StartRequest;
};

export type StartRequest = z.input<typeof img2imgOptionsSchema> & {
  /** of any size */
  readonly picture: Picture;
  /** a picture of the same size: what is white is painted anew, what is black stays */
  readonly mask?: Picture;
};

export type ImageInfo = {
  /** which batch of the run and which place in it, both from 0 */
  readonly batch: number;
  readonly position: number;
  readonly seed: number;
  readonly prompt: string;
  /** the `parameters` text that web UIs write into images */
  readonly infotext: string;
  /** size of the finished image in pixels, if known beforehand */
  readonly width?: number;
  readonly height?: number;
};

export type PassInfo = {
  readonly kind: 'base' | 'hires';
  /** of its pictures in pixels, if known */
  readonly width?: number;
  readonly height?: number;
  /** planned steps */
  readonly steps: number;
  /** whether that number is certain; adaptive samplers do not know */
  readonly exact: boolean;
};

/** Which latent a step's picture shows: the model's guess of the clean image, or the noisy one. */
export type Content = 'denoised' | 'noisy';

export type FinishReason = 'finished' | 'interrupted' | 'skipped';

export type GenerationEvent =
  | { readonly type: 'start'; readonly images: readonly ImageInfo[]; readonly passes: readonly PassInfo[] }
  | {
      readonly type: 'step';
      /** index into `images` of `start` */
      readonly image: number;
      /** index into `passes` of `start` */
      readonly pass: number;
      /** from 1 */
      readonly step: number;
      /** Decodes the step's picture, off the sampler's path; may be asked until the iteration has ended. */
      readonly picture: (content: Content) => Promise<Picture>;
      /** A rough picture of the step, of any size, that costs next to nothing and is there at once. */
      readonly preview?: () => Picture;
      /**
       * Tells the host that the picture will not be asked for. Where there is this function, every step is to be
       * asked for or released: a host that holds pictures goes on only while few of them wait.
       */
      readonly release?: () => void;
    }
  /** something that a person may want to know */
  | { readonly type: 'note'; readonly message: string }
  | {
      readonly type: 'image';
      readonly image: number;
      readonly picture: Picture;
      readonly infotext: string;
      readonly reason: FinishReason;
    }
  | { readonly type: 'end' };
