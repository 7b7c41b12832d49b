import type { ErrorCode } from '../errors.js';
import type { AnimationOptions } from '../options/animation-options.js';
import type { CodecName } from '../options/codecs.js';
import type { FitOptions } from '../pictures/fit.js';
import type { Picture, Size } from '../pictures/picture.js';
import type { PictureFormat } from '../pictures/picture-files.js';
import type { PictureSource } from '../pictures/picture-source.js';

/** The animation options that a movie itself needs. */
type MovieOptions = Pick<
  AnimationOptions,
  | 'fps'
  | 'interpolation'
  | 'loop'
  | 'pacing'
  | 'noiseDuration'
  | 'firstFrameDuration'
  | 'lastFrameDuration'
  | 'encoderSettings'
> &
  FitOptions;

/** Everything that determines a movie, apart from its pictures. */
export type MovieSettings = MovieOptions & {
  readonly codec: CodecName;
  /** to which the pictures are fitted, in pixels; a video gets the next even size */
  readonly width: number;
  readonly height: number;
  /** seconds, without the holds */
  readonly duration: number;
  /** number of pictures */
  readonly sources: number;
  /** container metadata by FFmpeg's names */
  readonly tags: Readonly<Record<string, string>>;
  /** seconds of the cross-fade to a finished image that differs from the last step; default: no such cross-fade */
  readonly finishFade?: number | undefined;
  /** number of movies that are encoded at the same time and share the cores and the memory */
  readonly sideBySide: number;
};

/** Settings by which a codec is tried before there are pictures. */
export function trialSettings(animation: AnimationOptions, size: Size): MovieSettings {
  return { ...animation, ...size, noiseDuration: 0, duration: 1, sources: 2, tags: {}, sideBySide: 1 };
}

/** A file to be written: `<stem>.<extension>` in `folder`, or with the next free number after the stem. */
export type FileTarget = { readonly folder: string; readonly stem: string };

/** An intermediate file to be written. */
export type IntermediateTarget = FileTarget & {
  readonly infotext: string;
  readonly format: PictureFormat;
  /** of a retry: a file with the same content that was written after this time, in ms since 1970, is not written again */
  readonly since?: number;
};

/** Requests of the recorder to the movie process. `movie` is the number of the movie in its run. */
export type MovieRequest =
  /** Tries to encode with these settings, before sampling starts. */
  | { readonly type: 'check'; readonly settings: MovieSettings }
  /** Opens a movie whose pictures arrive live. */
  | {
      readonly type: 'open';
      readonly movie: number;
      readonly target: FileTarget;
      readonly settings: MovieSettings;
      /** of whole runs, as in `LivePacer` */
      readonly typicalChange: number;
    }
  /** A picture to be written as a file, to be added to a live movie, or both. */
  | {
      readonly type: 'picture';
      readonly movie: number;
      readonly picture: Picture;
      readonly keep: IntermediateTarget | null;
      readonly compose: boolean;
      /** share of the change of the whole run that is expected until this picture, 0 to 1; undefined for the noise */
      readonly development?: number | undefined;
    }
  /** Completes a live movie under its final name. */
  | { readonly type: 'close'; readonly movie: number }
  /** Discards a live movie. */
  | { readonly type: 'drop'; readonly movie: number }
  /** Makes a movie of pictures that are all available; one movie at a time. */
  | {
      readonly type: 'render';
      readonly movie: number;
      readonly target: FileTarget;
      readonly settings: MovieSettings;
      readonly sources: readonly PictureSource[];
    };

/** A movie under its final name, read back and checked. */
export type FinishedMovie = {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  readonly bytes: number;
  /** when it got its final name, before it was checked: ms since 1970 */
  readonly publishedAt: number;
};

/** The result of a picture: the file and the movie fail independently. */
export type PictureOutcome = {
  /** path of the intermediate file, if it was requested and could be written */
  readonly kept: string | null;
  readonly keepError: FailureText | null;
  readonly composeError: FailureText | null;
  /** how much it differs from the picture before, 0 to 255; null where that was not measured */
  readonly change: number | null;
};

export type FailureText = { readonly code: ErrorCode; readonly message: string };

/** Replies by type of request. */
export type MovieReply = {
  readonly check: null;
  readonly open: null;
  readonly picture: PictureOutcome;
  readonly close: FinishedMovie;
  readonly drop: null;
  readonly render: FinishedMovie;
};

/** Frames of a movie that are written, and all of them. */
export type FrameProgress = { readonly frame: number; readonly frames: number };

/** Time for the process to clean up when it is no longer needed, in milliseconds. */
export const shutdownTimeoutMs = 5000;

export type ToMovieProcess = { readonly id: number; readonly request: MovieRequest };

export type FromMovieProcess =
  | { readonly type: 'done'; readonly id: number; readonly value: MovieReply[keyof MovieReply] }
  | { readonly type: 'failed'; readonly id: number; readonly error: FailureText }
  | ({ readonly type: 'progress'; readonly movie: number } & FrameProgress);
