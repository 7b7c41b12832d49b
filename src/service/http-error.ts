import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../errors.js';
import { maxTextBodyBytes } from './security/limits.js';
import { storageProblemOf } from './storage.js';

/** An error with the HTTP status of its response. */
export class HttpError extends StepsAnimationError {
  constructor(
    readonly statusCode: number,
    message: string,
    /** further headers of the response */
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

const statusByProblem = { full: 507, locked: 503, failing: 500 } as const;

/** The HTTP status of anything thrown: 500 for unexpected errors. */
function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.statusCode;
  const problem = storageProblemOf(error);
  if (problem) return statusByProblem[problem];
  if (error instanceof StepsAnimationError) return statusByCode[error.code];
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

/** The message of an error for clients: details of unexpected ones are only logged. */
function publicMessageOf(error: unknown, bodyLimit: number): string {
  if (!(error instanceof StepsAnimationError) && statusOf(error) === 413)
    return `The request is larger than ${bodyLimit / 1024 ** 2} MiB: send smaller pictures or texts.`;
  if (storageProblemOf(error) === 'full' && !(error instanceof StepsAnimationError))
    return 'The disk of the service is full: free some space there, then try again.';
  const isExpected = error instanceof StepsAnimationError || statusOf(error) < 500;
  return isExpected && error instanceof Error ? error.message : 'Internal error of the service: see its log.';
}

/** Logs an error of the service, and sets the status and the headers of the response. @returns what its body needs */
export function prepareErrorReply(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const status = statusOf(error);
  if (status >= 500) request.log.error({ err: error }, 'request failed');
  if (error instanceof HttpError) reply.headers(error.headers);
  reply.status(status);
  return { status, message: publicMessageOf(error, request.routeOptions.bodyLimit ?? maxTextBodyBytes) };
}

/** Replies to an error with a problem body (RFC 9457). */
export function replyWithProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message } = prepareErrorReply(error, request, reply);
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message };
  return reply.type('application/problem+json').send(JSON.stringify(body));
}
