import type { FinishReason, ImageInfo, PassInfo } from '../hosts/host.js';
import type { FinishedMovie } from '../movie/messages.js';
import type { AnimationOptions } from '../options/animation-options.js';
import type { Picture } from '../pictures/picture.js';
import type { Seed } from '../util/seed.js';

/** A finished movie; the command prints the same with `--json`. */
export type AnimationResult = {
  readonly type: 'animation';
  /** absolute path of the movie */
  readonly path: string;
  /** absolute path of the finished image; null for a grid, for a movie made of files, and if it was not saved */
  readonly image: string | null;
  readonly codec: string;
  /** in pixels */
  readonly width: number;
  /** in pixels */
  readonly height: number;
  /** number of frames */
  readonly frames: number;
  /** frames per second */
  readonly fps: number;
  /** seconds */
  readonly duration: number;
  /** size of the file */
  readonly bytes: number;
  /** number of pictures that the movie shows */
  readonly steps: number;
  /** of the image; null for a grid, and if it is not known */
  readonly seed: Seed | null;
  /** milliseconds from the arrival of the finished image, or of the last source, until the movie had its final name */
  readonly finish_ms: number;
};

/** What happens while images and their movies are made. */
export type RunEvent =
  /** the host has started */
  | {
      readonly type: 'start';
      readonly images: readonly ImageInfo[];
      readonly passes: readonly PassInfo[];
      /** planned, of all images together */
      readonly steps: number;
    }
  /** an image has taken a step */
  | {
      readonly type: 'step';
      /** index into `images` of `start` */
      readonly image: number;
      /** index into `passes` of `start` */
      readonly pass: number;
      /** number of steps so far, of all images together */
      readonly step: number;
      /** planned, of all images together */
      readonly steps: number;
      /** makes a rough picture of the step, if the host can */
      readonly preview?: () => Picture;
    }
  /** an intermediate image has been written; `step` counts through all passes of its image, from 1 */
  | { readonly type: 'intermediate'; readonly image: number; readonly step: number; readonly path: string }
  /** a finished image has been written */
  | {
      readonly type: 'image';
      /** index into `images` of `start` */
      readonly index: number;
      /** absolute path */
      readonly path: string;
      readonly seed: number;
      /** in pixels */
      readonly width: number;
      /** in pixels */
      readonly height: number;
      readonly reason: FinishReason;
    }
  /** frames of a movie that are written, and all of them */
  | { readonly type: 'rendering'; readonly frame: number; readonly frames: number }
  /** intermediate images were kept in this folder */
  | { readonly type: 'kept'; readonly folder: string }
  /** a message for the user */
  | { readonly type: 'note'; readonly message: string }
  /** a decision or a measurement, for those who want details */
  | { readonly type: 'debug'; readonly message: string }
  | AnimationResult;

/** The result for a movie that has been made. */
export function animationResult(
  { path, width, height, frames, fps, bytes }: FinishedMovie,
  { codec }: AnimationOptions,
  { image, seed, steps, finishMs }: Pick<AnimationResult, 'image' | 'seed' | 'steps'> & { readonly finishMs: number },
): AnimationResult {
  return {
    type: 'animation',
    ...{ path, image, codec, width, height, frames, fps, duration: frames / fps, bytes, steps, seed },
    finish_ms: Math.round(finishMs * 10) / 10,
  };
}
