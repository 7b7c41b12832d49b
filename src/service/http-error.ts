import { StepsAnimationError } from '../errors.js';
import { mostBodyBytes } from './security/limits.js';

/** An error that says with which HTTP status it is answered. */
export class HttpError extends StepsAnimationError {
  constructor(
    readonly statusCode: number,
    message: string,
    /** further headers of the answer */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(statusCode < 500 ? 'usage' : 'output', message);
  }
}

const statusByCode = {
  usage: 422,
  input: 422,
  output: 500,
  model: 500,
  network: 502,
  encoder: 500,
  interrupted: 503,
} as const;

/** The status with which anything thrown is answered: 500 for what is not meant for people. */
export function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.statusCode;
  if (error instanceof StepsAnimationError) return statusByCode[error.code];
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

/** What is said of an error: its own words where they are meant for the caller. */
export function messageOf(error: unknown): string {
  if (statusOf(error) === 413)
    return `The request is larger than ${mostBodyBytes / 1024 ** 2} MiB: send smaller pictures.`;
  const isMeant = error instanceof StepsAnimationError || statusOf(error) < 500;
  return isMeant && error instanceof Error
    ? error.message
    : 'Something went wrong within the service; its log says what.';
}
