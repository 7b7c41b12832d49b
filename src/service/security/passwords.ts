import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../../errors.js';
import { HttpError } from '../http-error.js';
import { GuessLimit } from './guess-limit.js';

const challenge = { 'www-authenticate': 'Basic realm="Steps Animation", charset="UTF-8"' };
/** How long a password is not looked at where too many were wrong. */
const guessDelayMs = 1000;

/**
 * A check of HTTP basic authentication (RFC 7617). Hashes are compared, in constant time and with every user's, so that
 * response times reveal nothing. Where too many passwords were wrong, each further one has to wait; a right one is then
 * accepted all the same, as otherwise anybody could lock out the users.
 * @param users as `user:password`
 * @throws StepsAnimationError `usage` when one of them has another format
 */
export function passwordCheck(
  users: readonly string[],
  wait: (ms: number) => Promise<void> = setTimeout,
): (request: FastifyRequest) => Promise<void> {
  const key = randomBytes(32);
  const hashOf = (text: string | Buffer) => createHmac('sha256', key).update(text).digest();
  const hashes = users.map((user) => hashOf(checked(user)));
  const guesses = new GuessLimit();
  return async ({ headers, ip }) => {
    const given = /^basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (given === undefined) throw new HttpError(401, 'User name and password are required.', challenge);
    const isSlowed = guesses.secondsLeft(ip) > 0;
    if (isSlowed) await wait(guessDelayMs);
    const hash = hashOf(Buffer.from(given, 'base64'));
    const matching = hashes.filter((known) => timingSafeEqual(known, hash));
    if (matching.length > 0) return guesses.addRight(ip);
    guesses.addWrong(ip);
    if (isSlowed) throw tooMany(guesses.secondsLeft(ip));
    throw new HttpError(401, 'Incorrect username or password', challenge);
  };
}

function tooMany(seconds: number): HttpError {
  const message = `Too many wrong passwords: check it, and try again in ${seconds} seconds.`;
  return new HttpError(429, message, { 'retry-after': String(seconds) });
}

function checked(user: string): string {
  if (/^[^:]+:.+$/s.test(user)) return user;
  throw new StepsAnimationError(
    'usage',
    '--api-auth needs a user name and a password separated by a colon: user:pass.',
  );
}
