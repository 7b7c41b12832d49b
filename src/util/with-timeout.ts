import { setTimeout as delay } from 'node:timers/promises';

/** What a promise resolves to if it does within the time limit; undefined if it does not, or rejects. */
export async function withinTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.catch(() => undefined),
      delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
  } finally {
    timer.abort();
  }
}
