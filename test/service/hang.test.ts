import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { JobService } from '#src/service/job-service.js';
import { hang, isRunning } from '../helpers/child-processes.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended, openService, poolOf, quick } from './open-service.js';
import { barrier, PretendedHost } from './pretended-host.js';

const modelsFolder = fileURLToPath(new URL('../fixtures', import.meta.url));
const generation = { model: 'tiny-model', prompt: 'an apple', seed: 7, steps: 4, width: 64, height: 64 };
const short = { kind: 'txt2img', generation, animation: quick.animation } as const;

/** A service whose job is sampling, and the id of that. */
async function sampling(options: { steps?: number; batchCount?: number }) {
  const service = await openService(await temporaryFolder(), { hosts: poolOf(createEmbeddedHost({ modelsFolder })) });
  const { id } = await service.submit({ ...short, generation: { ...generation, ...options } });
  for await (const event of service.events({ id }, new AbortController().signal)) {
    if (event.type === 'progress' && (event.progress.step ?? 0) > 2) break;
  }
  return { service, id };
}

async function makesAnother(service: JobService): Promise<void> {
  const { id } = await service.submit(short);
  expect(await service.ended(id)).toMatchObject({ state: 'finished', animations: [{ steps: 4 }] });
}

describe('a child process that hangs', () => {
  it.each([
    ['inference', 'diffusion/inference-process', { steps: 1000 }],
    ['decoder', 'diffusion/step-decoder-process', { batchCount: 500 }],
    ['movie', 'movie/process', { steps: 1000 }],
  ])('is killed when its job is cancelled, and its host is free: the %s process', async (_, module, options) => {
    const { service, id } = await sampling(options);
    const ids = await hang(module);
    await service.cancel(id);
    expect(await service.ended(id)).toMatchObject({ state: 'interrupted', error: null });
    expect(ids.some(isRunning)).toBe(false);
    await makesAnother(service);
  });

  it('costs the job its remaining steps, and not those that came', async () => {
    const { service, id } = await sampling({ steps: 1000 });
    await hang('diffusion/inference-process');
    const { state, error, animations } = await service.ended(id);
    expect(state).toBe('failed');
    expect(error).toMatch(/process that runs the model is gone: it has not responded for \d+/);
    expect(animations).toMatchObject([{ frames: 10 }]);
    await makesAnother(service);
  });

  it('costs nothing if it makes the movie', async () => {
    const { service, id } = await sampling({ steps: 300 });
    await hang('movie/process');
    expect(await service.ended(id)).toMatchObject({ state: 'finished', error: null, animations: [{ steps: 300 }] });
  });
});

describe('a service that stops', () => {
  it('does not wait for a job that hangs, which counts as one of a service that was killed', async () => {
    const outdir = await temporaryFolder();
    const { beforeStep, reached, open } = barrier(2);
    const messages: string[] = [];
    const service = await openPretended(outdir, new PretendedHost(beforeStep), {
      onMessage: (message) => messages.push(message),
    });
    const { id } = await service.submit(named('an apple'));
    await reached;
    await service[Symbol.asyncDispose]();
    open();
    const again = await openPretended(outdir, new PretendedHost());
    expect(again.get(id)?.state).not.toBe('failed');
    expect(messages).toEqual([]);
  });
});
