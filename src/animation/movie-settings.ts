import type { CodecName } from './codecs.js';
import type { TimelineMode } from './timeline.js';

/** All that decides what a movie looks like, beside its pictures. */
export type MovieSettings = {
  readonly codec: CodecName;
  /** size of the pictures in pixels; the movie's is the next even one */
  readonly width: number;
  readonly height: number;
  /** whole frames a second */
  readonly fps: number;
  /** seconds */
  readonly duration: number;
  readonly interpolation: TimelineMode;
  /** number of pictures that the timeline lays out */
  readonly sources: number;
  /** container metadata by FFmpeg's names */
  readonly tags: Readonly<Record<string, string>>;
};
