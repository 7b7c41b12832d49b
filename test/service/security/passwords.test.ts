import { expect, it } from 'vitest';
import { FailureLimit } from '#src/service/security/passwords.js';

it('makes an address wait after ten failures, until a minute after the first', () => {
  let now = 0;
  const limit = new FailureLimit(() => now);
  for (let i = 0; i < 9; i++) limit.add('a');
  expect(limit.secondsToWait('a')).toBe(0);
  now = 20_000;
  limit.add('a');
  expect(limit.secondsToWait('a')).toBe(40);
  expect(limit.secondsToWait('b')).toBe(0);
  now = 60_000;
  expect(limit.secondsToWait('a')).toBe(0);
});

it('remembers no more addresses than it may', () => {
  const limit = new FailureLimit(() => 0);
  for (let i = 0; i < 10; i++) limit.add('first');
  for (let i = 0; i < 10_000; i++) limit.add(`address ${i}`);
  expect(limit.secondsToWait('first')).toBe(0);
});
