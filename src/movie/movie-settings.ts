import type { AnimationOptions } from '../options/animation-options.js';
import type { CodecName } from '../options/codecs.js';
import type { Size } from '../pictures/picture.js';

/** The animation options that a movie itself needs; the duration is in seconds. */
type MovieOptions = Pick<
  AnimationOptions,
  'fps' | 'interpolation' | 'loop' | 'pacing' | 'firstFrameDuration' | 'lastFrameDuration' | 'encoderSettings'
>;

/** All that decides what a movie looks like, beside its pictures. */
export type MovieSettings = MovieOptions & {
  readonly codec: CodecName;
  /** size of the pictures in pixels; that of a video is the next even one */
  readonly width: number;
  readonly height: number;
  /** seconds, holds not included */
  readonly duration: number;
  /** number of pictures that the timeline lays out */
  readonly sources: number;
  /** container metadata by FFmpeg's names */
  readonly tags: Readonly<Record<string, string>>;
  /** seconds of the cross-fade to a finished image that shows something else than the last step; none if left out */
  readonly finishFade?: number | undefined;
  /** how many movies are encoded at once: they share the cores and the memory */
  readonly sideBySide: number;
};

/** What a codec is tried with before there is anything to encode. */
export function trialSettings(animation: AnimationOptions, size: Size): MovieSettings {
  return { ...animation, ...size, duration: 1, sources: 2, tags: {}, sideBySide: 1 };
}
