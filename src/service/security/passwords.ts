import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { StepsAnimationError } from '../../errors.js';
import { HttpError } from '../http-error.js';
import { FailureLimit } from './failure-limit.js';

const challenge = { 'www-authenticate': 'Basic realm="Steps Animation", charset="UTF-8"' };

/**
 * A check of HTTP basic authentication (RFC 7617). Passwords are compared by their hashes and with every user's, so
 * that the time tells nothing; who fails too often has to wait.
 * @param users as `user:password`
 * @throws StepsAnimationError `usage` where one of them is not
 */
export function passwordCheck(users: readonly string[]): (request: FastifyRequest) => void {
  const key = randomBytes(32);
  const hashOf = (text: string | Buffer) => createHmac('sha256', key).update(text).digest();
  const hashes = users.map((user) => hashOf(checked(user)));
  const failures = new FailureLimit();
  return ({ headers, ip }) => {
    const given = /^basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (given === undefined) throw new HttpError(401, 'Name and password are needed.', challenge);
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
    '--api-auth needs a name and a password with a colon between them: user:pass.',
  );
}
