import type { ErrorCode } from '../errors.js';
import type { Picture } from '../pictures/picture.js';
import type { PictureFormat } from '../pictures/picture-files.js';
import type { PictureSource } from '../pictures/picture-source.js';
import type { MovieSettings } from './movie-settings.js';

/** Where a file goes: it gets the name `<stem>.<extension>`, or the next free one, in `folder`. */
export type FileTarget = { readonly folder: string; readonly stem: string };

/** A picture to be kept as an intermediate file, with its infotext. */
export type IntermediateTarget = FileTarget & {
  readonly infotext: string;
  readonly format: PictureFormat;
  /** milliseconds since 1970: where a process that ended may have written it since then, it is not written again */
  readonly since?: number;
};

/** What the recorder asks of the movie process. `movie` tells movies of one run apart. */
export type MovieRequest =
  /** Tries whether such a movie can be encoded, before any sampling. */
  | { readonly type: 'check'; readonly settings: MovieSettings }
  /** Opens a movie whose pictures arrive live. */
  | { readonly type: 'open'; readonly movie: number; readonly target: FileTarget; readonly settings: MovieSettings }
  /** A picture: to be kept as a file, to be added to the live movie, or both. */
  | {
      readonly type: 'picture';
      readonly movie: number;
      readonly picture: Picture;
      readonly keep: IntermediateTarget | null;
      readonly compose: boolean;
    }
  /** Completes a live movie under its final name. */
  | { readonly type: 'close'; readonly movie: number }
  /** Gives a live movie up and removes what there is of it. */
  | { readonly type: 'drop'; readonly movie: number }
  /** Makes a movie of pictures that are all there; one movie after another. */
  | {
      readonly type: 'render';
      readonly movie: number;
      readonly target: FileTarget;
      readonly settings: MovieSettings;
      readonly sources: readonly PictureSource[];
    };

/** A movie under its final name, opened and checked. */
export type FinishedMovie = {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  readonly bytes: number;
  /** when it had its final name, before it was checked: milliseconds since 1970 */
  readonly publishedAt: number;
};

/** The outcome of a picture: a failure of one part does not keep the other from its work. */
export type PictureOutcome = {
  /** path of the intermediate file, if it was asked for and could be written */
  readonly kept: string | null;
  readonly keepError: FailureText | null;
  readonly composeError: FailureText | null;
};

export type FailureText = { readonly code: ErrorCode; readonly message: string };

/** What comes back for each type of request. */
export type MovieReply = {
  readonly check: null;
  readonly open: null;
  readonly picture: PictureOutcome;
  readonly close: FinishedMovie;
  readonly drop: null;
  readonly render: FinishedMovie;
};

export type ToMovieProcess = { readonly id: number; readonly request: MovieRequest };

export type FromMovieProcess =
  | { readonly type: 'done'; readonly id: number; readonly value: MovieReply[keyof MovieReply] }
  | { readonly type: 'failed'; readonly id: number; readonly error: FailureText }
  | { readonly type: 'progress'; readonly movie: number; readonly frame: number; readonly frames: number };
