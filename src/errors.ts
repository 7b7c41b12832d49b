/** What kind of error it is, and with that who can do something about it. */
export type ErrorCode =
  | 'usage' // the request is invalid: an unknown option, a value out of range
  | 'input' // a given file or folder cannot be read or has the wrong content
  | 'output' // a file or folder cannot be written
  | 'model' // the model is incomplete or of an unsupported kind
  | 'network' // another machine cannot be reached or fails; a retry may help
  | 'encoder' // the movie could not be encoded, or failed its check
  | 'interrupted'; // stopped by the user before there was a result

/** The error that this package throws on purpose. Its message says what happened and what to do. */
export class StepsAnimationError extends Error {
  override readonly name = 'StepsAnimationError';

  /**
   * @param code the kind of error
   * @param message what happened, with which value, and what to do
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
