import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.js';

const loopbackNames = ['localhost', '127.0.0.1', '::1'];
const allAddresses = ['0.0.0.0', '::'];

/** Whether an address can only be reached from this machine. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * A check of the Host header against DNS rebinding, where a foreign page uses a name of its own that resolves to this
 * machine. Allowed are the names of loopback and of the address listened on, and the given ones; a service that listens
 * on all addresses also allows any IP address, which cannot be rebound.
 */
export function hostCheck(listen: string, allowed: readonly string[]): (request: FastifyRequest) => void {
  const own = allAddresses.includes(listen) ? [hostname()] : [listen];
  const names = new Set([...loopbackNames, ...own, ...allowed].map((name) => name.toLowerCase()));
  const allowsAddresses = allAddresses.includes(listen);
  return ({ headers }) => {
    const name = nameOf(headers.host);
    if (name !== undefined && (names.has(name) || isLoopback(name) || (allowsAddresses && isIP(name) !== 0))) return;
    throw new HttpError(
      403,
      `The service cannot be used by the name ${JSON.stringify(headers.host ?? '')}: use its address, or start it with --allow-host ${name ?? '<name>'}.`,
    );
  };
}

/** The name in a Host header, without port and brackets; undefined if the header is invalid. */
function nameOf(host: string | undefined): string | undefined {
  if (!host || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname, pathname, username } = new URL(`http://${host}`);
  if (pathname !== '/' || username !== '') return undefined;
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Rejects requests of pages of other sites that could change something. Browsers send Origin, or at least
 * Sec-Fetch-Site, with these; programs without either are allowed. The Host header has been checked before.
 */
export function checkOrigin({ method, headers }: FastifyRequest): void {
  if (safeMethods.includes(method)) return;
  const { origin, host } = headers;
  const isForeign =
    origin === undefined
      ? ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']))
      : origin.toLowerCase() !== `http://${host}`.toLowerCase() &&
        origin.toLowerCase() !== `https://${host}`.toLowerCase();
  if (isForeign) {
    throw new HttpError(
      403,
      `Pages of ${origin ?? 'another site'} may not change anything here: use the service's own page.`,
    );
  }
}
