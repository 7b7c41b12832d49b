import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.js';

const reading = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses what a page from elsewhere wants to change. Programs send no Origin and pass; browsers send it, or at least
 * Sec-Fetch-Site, with everything that changes something. That the Host header is ours has been checked before.
 */
export function checkOrigin({ method, headers }: FastifyRequest): void {
  if (reading.includes(method)) return;
  const { origin, host } = headers;
  const isForeign =
    origin === undefined
      ? ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']))
      : origin.toLowerCase() !== `http://${host}`.toLowerCase() &&
        origin.toLowerCase() !== `https://${host}`.toLowerCase();
  if (isForeign) {
    throw new HttpError(
      403,
      `Pages of ${origin ?? 'another site'} may not change anything here; open the service's own page.`,
    );
  }
}
