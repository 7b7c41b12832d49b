import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.js';

const loopbackNames = ['localhost', '127.0.0.1', '::1'];
const everyAddress = ['0.0.0.0', '::'];

/** Whether an address can be reached from this machine alone. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * A check of the Host header, so that a foreign page cannot speak to the service by a name of its own that it lets
 * point to this machine (DNS rebinding): the names of loopback, of the address listened on, and those given count. On
 * a service that listens on every address any IP address does: there is no name in it that could be bound anew.
 */
export function hostCheck(listen: string, allowed: readonly string[]): (request: FastifyRequest) => void {
  const own = everyAddress.includes(listen) ? [hostname()] : [listen];
  const names = new Set([...loopbackNames, ...own, ...allowed].map((name) => name.toLowerCase()));
  const takesAddresses = everyAddress.includes(listen);
  return ({ headers }) => {
    const name = nameOf(headers.host);
    if (name !== undefined && (names.has(name) || isLoopback(name) || (takesAddresses && isIP(name) !== 0))) return;
    throw new HttpError(
      403,
      `The service does not go by the name ${JSON.stringify(headers.host ?? '')}: call it by its address, or start it with --allow-host ${name ?? '<name>'}.`,
    );
  };
}

/** The name in a Host header, without port and brackets; undefined where it is none. */
function nameOf(host: string | undefined): string | undefined {
  if (!host || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname, pathname, username } = new URL(`http://${host}`);
  if (pathname !== '/' || username !== '') return undefined;
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}
