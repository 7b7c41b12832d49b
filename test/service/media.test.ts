import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import type { Job } from '#src/service/job.js';
import type { JobService } from '#src/service/job-service.js';
import { inspectSentFile, makePoster, readMovieFile } from '#src/service/media/media.js';
import { childrenRunning, hang, isRunning } from '../helpers/child-processes.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openPretended } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const module = 'media/media-process';
const animation = { look: 'classic', duration: 1, fps: 10 } as const;
/** takes long enough to be disturbed */
const long = { ...animation, duration: 120, fps: 60 } as const;

// Those of the tests before, which would wait for work.
beforeEach(async () => {
  await killAll();
});

async function killAll(): Promise<number> {
  const ids = await childrenRunning(module);
  for (const id of ids) process.kill(id, 'SIGKILL');
  return ids.length;
}

/** Kills two processes, one after another, as soon as they have started. */
async function killTwo(): Promise<void> {
  const killed = new Set<number>();
  while (killed.size < 2) {
    await new Promise(setImmediate);
    for (const id of await childrenRunning(module)) {
      if (isRunning(id)) process.kill(id, 'SIGKILL');
      killed.add(id);
    }
  }
}

/** A service with a job whose steps are kept. */
async function withSteps() {
  const service = await openPretended(await temporaryFolder(), new PretendedHost());
  const generation = { prompt: 'an apple', steps: 8 };
  const { id } = await service.submit({ kind: 'txt2img', generation, animation });
  const job = await service.ended(id);
  return { service, id, movie: job.animations[0]?.path ?? '' };
}

async function submitRender(service: JobService, of: string, options: object): Promise<string> {
  return (await service.submit({ kind: 'render', of, image: 0, animation: options })).id;
}

/** Resolves when frames of a movie are being made. */
async function isRendering(service: JobService, id: string): Promise<void> {
  for await (const event of service.events({ id }, new AbortController().signal)) {
    if (event.type === 'progress' && event.progress.phase === 'rendering') return;
  }
}

async function rendersAnother(service: JobService, of: string): Promise<void> {
  const { state, animations } = await service.ended(await submitRender(service, of, { ...animation, codec: 'webp' }));
  expect({ state, animations }).toMatchObject({ state: 'finished', animations: [{ codec: 'webp' }] });
}

/** The unfinished files beside a movie. */
async function leftovers(movie: string): Promise<string[]> {
  return (await readdir(dirname(movie))).filter((name) => name.endsWith('.part'));
}

describe('the process that renders', () => {
  it('is started again when it ends in the middle, and the movie is made', async () => {
    const { service, id, movie } = await withSteps();
    const render = await submitRender(service, id, long);
    await isRendering(service, render);
    expect(await killAll()).toBe(1);
    expect(service.get(render)).toMatchObject({ state: 'running' });
    const { state, error, animations }: Job = await service.ended(render);
    expect({ state, error, animations }).toMatchObject({
      state: 'finished',
      error: null,
      animations: [{ frames: 7200 }],
    });
    expect((await probeMovie(animations[0]?.path ?? '')).frames).toBe(7200);
    expect(await leftovers(movie)).toEqual([]);
  });

  it('fails the render when it ends every time, and nothing else', async () => {
    const { service, id, movie } = await withSteps();
    const render = await submitRender(service, id, long);
    await killTwo();
    const { state, error, errorCode } = await service.ended(render);
    expect({ state, errorCode }).toEqual({ state: 'failed', errorCode: 'encoder' });
    expect(error).toBe('Making the movie failed (its process ended with SIGKILL): try again, or make it smaller.');
    expect(await leftovers(movie)).toEqual([]);
    await rendersAnother(service, id);
  });

  it('that hangs is killed when its job is cancelled, and the next job goes on', async () => {
    const { service, id, movie } = await withSteps();
    const render = await submitRender(service, id, long);
    await isRendering(service, render);
    const ids = await hang(module);
    await service.cancel(render);
    expect(await service.ended(render)).toMatchObject({ state: 'interrupted', error: null });
    expect(ids.some(isRunning)).toBe(false);
    expect(await leftovers(movie)).toEqual([]);
    await rendersAnother(service, id);
  });

  it('that hangs is replaced by itself, while the service answers', async () => {
    const { service, id } = await withSteps();
    const render = await submitRender(service, id, long);
    await isRendering(service, render);
    const [stopped] = await hang(module);
    expect(service.list({}).map(({ state }) => state)).toEqual(['running', 'finished']);
    expect(await service.ended(render)).toMatchObject({ state: 'finished', animations: [{ frames: 7200 }] });
    expect(stopped !== undefined && isRunning(stopped)).toBe(false);
  });

  it('removes what it has begun when its job is cancelled', async () => {
    const { service, id, movie } = await withSteps();
    const render = await submitRender(service, id, long);
    await isRendering(service, render);
    const [process] = await childrenRunning(module);
    await service.cancel(render);
    expect(await service.ended(render)).toMatchObject({ state: 'interrupted', animations: [] });
    expect(await leftovers(movie)).toEqual([]);
    // It goes on with the next job.
    expect(await childrenRunning(module)).toEqual([process]);
  });
});

describe('a process that reads', () => {
  it.each<[string, (movie: string) => Promise<unknown>]>([
    ['posters', async (path) => expect(await makePoster({ image: null, path })).not.toHaveLength(0)],
    ['the movies of the library', async (path) => expect(await readMovieFile(path)).toMatchObject({ frames: 10 })],
    ['files that clients send', async (path) => expect(await inspectSentFile(path)).toMatchObject({ type: 'movie' })],
  ])('%s costs one task when it hangs, and is started again', async (_, read) => {
    const { movie } = await withSteps();
    const reading = Promise.allSettled([read(movie), read(movie)]);
    await hang(module);
    // The first may have been done before.
    const failed = (await reading).filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeLessThanOrEqual(1);
    await killAll();
    await read(movie);
  });

  it('leaves a movie out of the library that it cannot read, and nothing else', async () => {
    const { service, movie } = await withSteps();
    const rebuilding = service.library.rebuild();
    await killTwo();
    await rebuilding;
    await service.library.rebuild();
    expect(service.library.search().entries).toMatchObject([{ path: movie }]);
  });
});
