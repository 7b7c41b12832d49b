import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../../errors.js';
import { HttpError } from '../http-error.js';

const challenge = { 'www-authenticate': 'Basic realm="Steps Animation", charset="UTF-8"' };

/**
 * A check of HTTP basic authentication (RFC 7617). Hashes are compared, in constant time and with every user's, so that
 * response times reveal nothing. Addresses with too many failures are rejected for a while.
 * @param users as `user:password`
 * @throws StepsAnimationError `usage` when one of them has another format
 */
export function passwordCheck(users: readonly string[]): (request: FastifyRequest) => void {
  const key = randomBytes(32);
  const hashOf = (text: string | Buffer) => createHmac('sha256', key).update(text).digest();
  const hashes = users.map((user) => hashOf(checked(user)));
  const failures = new FailureLimit();
  return ({ headers, ip }) => {
    const given = /^basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (given === undefined) throw new HttpError(401, 'User name and password are required.', challenge);
    const seconds = failures.secondsToWait(ip);
    if (seconds > 0) {
      const wait = { 'retry-after': String(seconds) };
      throw new HttpError(429, `Too many wrong passwords: try again in ${seconds} seconds.`, wait);
    }
    const hash = hashOf(Buffer.from(given, 'base64'));
    const matching = hashes.filter((known) => timingSafeEqual(known, hash));
    if (matching.length > 0) return;
    failures.add(ip);
    throw new HttpError(401, 'Incorrect username or password', challenge);
  };
}

function checked(user: string): string {
  if (/^[^:]+:.+$/s.test(user)) return user;
  throw new StepsAnimationError(
    'usage',
    '--api-auth needs a user name and a password separated by a colon: user:pass.',
  );
}

/** An address with this many failures within the window has to wait until the window ends. */
const maxFailures = 10;
const windowMs = 60_000;
const maxAddresses = 10_000;

type Failures = { count: number; readonly since: number };

/** Counts failures by address. */
export class FailureLimit {
  readonly #failures = new Map<string, Failures>();
  readonly #now: () => number;

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whole seconds until an address may try again; 0 if it may now. */
  secondsToWait(address: string): number {
    const failures = this.#current(address);
    if (!failures || failures.count < maxFailures) return 0;
    return Math.ceil((failures.since + windowMs - this.#now()) / 1000);
  }

  add(address: string): void {
    const failures = this.#current(address);
    if (failures) failures.count++;
    else this.#remember(address);
  }

  #current(address: string): Failures | undefined {
    const failures = this.#failures.get(address);
    if (failures && this.#now() - failures.since < windowMs) return failures;
    this.#failures.delete(address);
    return undefined;
  }

  #remember(address: string): void {
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= maxAddresses && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, since: this.#now() });
  }
}
