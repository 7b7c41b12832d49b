import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError, messageOf, statusOf } from './http-error.js';

/** Answers an error with a problem body (RFC 9457). */
export function answerProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error);
  if (status >= 500) request.log.error({ err: error }, 'request failed');
  if (error instanceof HttpError) reply.headers(error.headers);
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail: messageOf(error) };
  return reply.status(status).type('application/problem+json').send(JSON.stringify(body));
}
