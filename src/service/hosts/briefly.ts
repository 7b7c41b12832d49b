import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds that a host may keep people waiting; what it says later counts the next time. */
const patience = 1000;

/** Waits for what hosts say, whatever it is, but only for a moment. */
export async function briefly(answer: Promise<unknown>): Promise<void> {
  const answered = new AbortController();
  const settled = answer.then(
    () => {},
    () => {},
  );
  await Promise.race([settled, wait(patience, undefined, answered).catch(() => {})]);
  answered.abort();
}
