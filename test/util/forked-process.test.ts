import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { forkProcess, hurryOnAbort, maxSilenceMs, maxStoppingSilenceMs } from '#src/util/forked-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** A process of this code, from when it has said something on. */
async function started(code: string) {
  const path = join(await temporaryFolder(), 'module.mjs');
  await writeFile(path, code);
  const child = forkProcess(pathToFileURL(path));
  onTestFinished(() => void child.kill('SIGKILL'));
  const failed = new Promise<Error>((resolve) => child.once('error', resolve));
  const pulse = child.stdio[4];
  if (!pulse) throw new Error('It has no heartbeat.');
  await Promise.all([once(child, 'message'), once(pulse, 'data')]);
  const exited = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  return { child, failed, exited, beat: () => once(pulse, 'data') };
}

const idle =
  "process.send('started'); process.on('message', () => {}); process.on('disconnect', () => process.exit());";
const busy = "process.send('started', () => { for (;;); });";

describe('a child process', () => {
  // The clock that counts missed beats; those of the child are real.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  it('that hangs is killed after a while, with a reason', async () => {
    const { child, failed, exited } = await started(idle);
    child.kill('SIGSTOP');
    vi.advanceTimersByTime(maxSilenceMs);
    expect((await failed).message).toMatch(/has not responded for 2\d(\.5)? s/);
    expect(await exited).toBe('SIGKILL');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is busy for long is left alone', async () => {
    const { child, beat } = await started(busy);
    using _ = hurryOnAbort(child, AbortSignal.abort());
    for (let round = 0; round < 4; round++) {
      vi.advanceTimersByTime(maxStoppingSilenceMs - 500);
      await beat();
    }
    expect([child.killed, child.exitCode]).toEqual([false, null]);
  });

  it('that hangs is killed at once when somebody waits for it to stop, and only then', async () => {
    const { child, failed, exited } = await started(idle);
    const stopping = new AbortController();
    using _ = hurryOnAbort(child, stopping.signal);
    const over = hurryOnAbort(child, AbortSignal.abort());
    over[Symbol.dispose]();
    child.kill('SIGSTOP');
    vi.advanceTimersByTime(maxStoppingSilenceMs + 1000);
    const onFailure = vi.fn();
    child.on('error', onFailure);
    vi.advanceTimersByTime(maxSilenceMs - maxStoppingSilenceMs - 2000);
    expect(onFailure).not.toHaveBeenCalled();
    stopping.abort();
    expect(onFailure).toHaveBeenCalledOnce();
    expect((await failed).message).toContain('has not responded');
    expect(await exited).toBe('SIGKILL');
  });
});
