import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { GuessLimit } from '#src/service/security/guess-limit.js';
import { passwordCheck } from '#src/service/security/passwords.js';

it('slows an address after ten wrong passwords, until a minute after the first', () => {
  let now = 0;
  const limit = new GuessLimit(() => now);
  for (let i = 0; i < 9; i++) limit.addWrong('a');
  expect(limit.secondsLeft('a')).toBe(0);
  now = 20_000;
  limit.addWrong('a');
  expect(limit.secondsLeft('a')).toBe(40);
  expect(limit.secondsLeft('b')).toBe(0);
  now = 60_000;
  expect(limit.secondsLeft('a')).toBe(0);
});

it('slows all addresses after a hundred wrong passwords, but those that have sent a right one', () => {
  let now = 0;
  const limit = new GuessLimit(() => now);
  limit.addRight('owner');
  for (let i = 0; i < 99; i++) limit.addWrong(`address ${i}`);
  expect(limit.secondsLeft('new')).toBe(0);
  limit.addWrong('another');
  expect(limit.secondsLeft('new')).toBe(60);
  expect(limit.secondsLeft('owner')).toBe(0);
  for (let i = 0; i < 10; i++) limit.addWrong('owner');
  expect(limit.secondsLeft('owner')).toBe(60);
  now = 60_000;
  expect(limit.secondsLeft('new')).toBe(0);
});

it('remembers no more addresses than it may', () => {
  const limit = new GuessLimit(() => 0);
  for (let i = 0; i < 10; i++) limit.addWrong('first');
  for (let i = 0; i < 10_000; i++) limit.addWrong(`address ${i}`);
  limit.addRight('first');
  expect(limit.secondsLeft('first')).toBe(0);
  for (let i = 0; i < 10_000; i++) limit.addRight(`address ${i}`);
  expect(limit.secondsLeft('first')).toBe(60);
});

/** Requests of one address, with a clock that goes on only when told. */
function client() {
  const waiting: (() => void)[] = [];
  const check = passwordCheck(['ann:secret'], () => new Promise((resolve) => waiting.push(resolve)));
  const send = (user: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(user).toString('base64')}`;
    const answer = check({ headers: { authorization }, ip: '192.0.2.1' } as FastifyRequest);
    return answer.then(
      () => 200,
      ({ statusCode }) => statusCode,
    );
  };
  return { send, waiting };
}

it('does not look at a password before its time, so that many at once are slowed as well', async () => {
  const { send, waiting } = client();
  for (let i = 0; i < 10; i++) expect(await send(`ann:${i}`)).toBe(401);
  const answers: number[] = [];
  const guesses = ['ann:wrong', 'ann:secret'].map(async (user) => answers.push(await send(user)));
  await new Promise(setImmediate);
  expect(answers).toEqual([]);
  expect(waiting).toHaveLength(2);
  for (const goOn of waiting) goOn();
  await Promise.all(guesses);
  expect(answers).toEqual([429, 200]);
});
