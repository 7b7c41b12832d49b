import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { MovieClient, retryAfterCrash } from '#src/movie/client.js';
import { trialSettings } from '#src/movie/messages.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';

const children = vi.hoisted(() => [] as ChildProcess[]);

vi.mock('node:child_process', async (load) => {
  const module = await load<typeof import('node:child_process')>();
  const fork = (...parameters: Parameters<typeof module.fork>) => {
    const child = module.fork(...parameters);
    children.push(child);
    return child;
  };
  return { ...module, fork };
});

const settings = trialSettings(animationOptionsSchema.parse({}), { width: 32, height: 32 });
const check = { type: 'check', settings } as const;

async function kill(): Promise<void> {
  const child = children.at(-1);
  if (!child) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

it('sends a request again, once, to a new process after a crash', async () => {
  children.length = 0;
  await using client = new MovieClient(() => {});
  const messages: string[] = [];
  const attempts: boolean[] = [];
  const reply = await retryAfterCrash(
    async (isRetry) => {
      attempts.push(isRetry);
      const asked = client.ask<'check'>(check);
      if (!isRetry) await Promise.all([expect(asked).rejects.toThrow(/SIGKILL/), kill()]);
      return await asked;
    },
    (message) => messages.push(message),
  );
  expect(reply).toBeNull();
  expect(attempts).toEqual([false, true]);
  expect(messages).toEqual([expect.stringMatching(/ended unexpectedly \(SIGKILL\)/)]);
  expect(children).toHaveLength(2);
});

it('gives up after three processes', async () => {
  children.length = 0;
  await using client = new MovieClient(() => {});
  for (let start = 0; start < 3; start++) {
    await Promise.all([expect(client.ask<'check'>(check)).rejects.toMatchObject({ code: 'encoder' }), kill()]);
  }
  await expect(client.ask<'check'>(check)).rejects.toThrow(/3 times/);
  expect(children).toHaveLength(3);
});

it('does not repeat what the process refuses, and ends the process when it is disposed of', async () => {
  children.length = 0;
  const client = new MovieClient(() => {});
  const refused = { ...check, settings: { ...settings, encoderSettings: 'none-such=1' } };
  const work = vi.fn(() => client.ask<'check'>(refused));
  await expect(retryAfterCrash(work, () => {})).rejects.toMatchObject({ code: 'usage' });
  expect(work).toHaveBeenCalledOnce();
  await client[Symbol.asyncDispose]();
  expect(children.map(({ exitCode }) => exitCode)).toEqual([0]);
  await expect(client.ask<'check'>(check)).rejects.toThrow(/closed/);
});
