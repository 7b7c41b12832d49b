export type ErrorCode =
  | 'usage' // the caller asked for something that cannot be: an unknown option, a value out of range
  | 'input' // a file or folder that was given cannot be read or is not what it should be
  | 'output' // a place to write to is missing, full or forbidden
  | 'model' // the model folder is incomplete or of a kind that cannot run
  | 'network' // another machine cannot be reached or fails; another try may help
  | 'encoder' // the movie could not be encoded or did not pass its check
  | 'interrupted'; // stopped by the user before there was anything to keep

/** The one error that this package throws on purpose: a sentence that says what happened and what to do. */
export class StepsAnimationError extends Error {
  override readonly name = 'StepsAnimationError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
