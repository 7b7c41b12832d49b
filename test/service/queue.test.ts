import { access } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Job } from '#src/service/job.js';
import type { JobService } from '#src/service/job-service.js';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended } from './open-service.js';
import { barrier, gate, PretendedHost } from './pretended-host.js';

function queueOf(service: JobService): (string | undefined)[] {
  return service.list({ state: 'queued' }).map(({ options }) => options.generation?.prompt);
}

/** A service whose first job runs and waits, and the jobs that are queued behind it. */
async function busyService(...prompts: string[]) {
  const { passed, open } = gate();
  const host = new PretendedHost(() => passed);
  const service = await openPretended(await temporaryFolder(), host);
  const jobs: Record<string, Job> = {};
  for (const prompt of ['first', ...prompts]) jobs[prompt] = await service.submit(named(prompt));
  const idOf = (prompt: string) => jobs[prompt]?.id ?? '';
  return { service, host, open, idOf };
}

describe('the queue', () => {
  it('takes jobs in the order in which they came, one at a time', async () => {
    const { service, host, open, idOf } = await busyService('second', 'third');
    expect(service.current()).toMatchObject({ id: idOf('first'), state: 'running', position: null });
    expect(queueOf(service)).toEqual(['second', 'third']);
    open();
    expect((await service.ended(idOf('third'))).state).toBe('finished');
    expect(host.prompts).toEqual(['first', 'second', 'third']);
    expect(service.current()).toBeUndefined();
    expect(service.list().map(({ options }) => options.generation?.prompt)).toEqual(['third', 'second', 'first']);
    expect(service.list({ limit: 1, offset: 1 })).toMatchObject([{ id: idOf('second') }]);
  });

  it('is put into another order', async () => {
    const { service, host, open, idOf } = await busyService('b', 'c', 'd');
    expect(await service.move(idOf('d'), 1)).toMatchObject({ position: 1 });
    expect(queueOf(service)).toEqual(['d', 'b', 'c']);
    expect((await service.move(idOf('d'), 2)).position).toBe(2);
    expect((await service.move(idOf('b'), 99)).position).toBe(3);
    expect(queueOf(service)).toEqual(['d', 'c', 'b']);
    await expect(service.move(idOf('first'), 1)).rejects.toThrow('it is running, not queued');
    open();
    await service.ended(idOf('b'));
    expect(host.prompts).toEqual(['first', 'd', 'c', 'b']);
  });

  it('lets jobs be cancelled, removed and done again', async () => {
    const { service, host, open, idOf } = await busyService('b', 'c', 'd');
    expect(await service.cancel(idOf('b'))).toMatchObject({ state: 'cancelled', position: null });
    expect((await service.ended(idOf('b'))).endedAt).not.toBeNull();
    const waiting = expect(service.ended(idOf('c'))).rejects.toThrow('There is no job');
    await service.remove(idOf('c'));
    await waiting;
    expect(service.get(idOf('c'))).toBeUndefined();
    expect(service.get(idOf('d'))?.position).toBe(1);
    const again = await service.again(idOf('b'));
    expect(again).toMatchObject({ state: 'queued', position: 2, options: service.get(idOf('b'))?.options });
    await expect(service.cancel(idOf('b'))).rejects.toThrow('it is already cancelled');
    await expect(service.remove(idOf('first'))).rejects.toThrow('is running');
    open();
    await service.ended(again.id);
    expect(host.prompts).toEqual(['first', 'd', 'b']);
  });

  it('has the image and the movie of a stopped job', async () => {
    const third = barrier(3);
    const service = await openPretended(await temporaryFolder(), new PretendedHost(third.beforeStep));
    const { id } = await service.submit(named('long', { steps: 500 }));
    await third.reached;
    expect((await service.cancel(id)).state).toBe('running');
    third.open();
    const job = await service.ended(id);
    expect(job).toMatchObject({ state: 'interrupted', error: null, images: [{ steps: [1, 2] }] });
    expect(job.animations).toMatchObject([{ frames: 10, steps: 2 }]);
    expect(await decodeMovie(job.animations[0]?.path ?? '')).toHaveLength(10);
  });

  it('goes on after a job that fails, which says why', async () => {
    const host = new PretendedHost((step) => {
      if (step === 3 && host.prompts.length === 1) throw new Error('The card fell off the bus.');
    });
    const service = await openPretended(await temporaryFolder(), host);
    const failing = await service.submit(named('fails'));
    const following = await service.submit(named('works'));
    expect(await service.ended(failing.id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('fell off the bus'),
    });
    expect(await service.ended(following.id)).toMatchObject({ state: 'finished', error: null });
  });

  it('keeps the latest jobs that have ended, and what they have made', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost(), { keepJobs: 2 });
    const reading = new AbortController();
    const events = service.events({}, reading.signal);
    const jobs: Job[] = [];
    for (const prompt of ['1', '2', '3', '4']) {
      const { id } = await service.submit(named(prompt));
      jobs.push(await service.ended(id));
    }
    const deleted: string[] = [];
    for await (const event of events) {
      if (event.type === 'deleted') deleted.push(event.id);
      if (deleted.length === 2) break;
    }
    expect(deleted).toEqual(jobs.slice(0, 2).map(({ id }) => id));
    expect(service.list().map(({ options }) => options.generation?.prompt)).toEqual(['4', '3']);
    expect(service.library.search().total).toBe(4);
    for (const { images } of jobs) await access(images[0]?.path ?? '');
  });

  it('outlives the service, which finishes the files of the running job', async () => {
    const outdir = await temporaryFolder();
    const third = barrier(3);
    const before = await openPretended(outdir, new PretendedHost(third.beforeStep));
    const first = await before.submit(named('first'));
    const second = await before.submit(named('second'));
    await before.submit(named('third'));
    before.move((await before.submit(named('fourth'))).id, 1);
    await third.reached;
    const closed = before[Symbol.asyncDispose]();
    await expect(before.submit(named('too late'))).rejects.toThrow('shutting down');
    third.open();
    await closed;

    const later = new PretendedHost();
    const after = await openPretended(outdir, later);
    const interrupted = after.get(first.id);
    expect(interrupted).toMatchObject({ state: 'interrupted', error: null, images: [{ steps: [1, 2] }] });
    expect(interrupted?.animations).toMatchObject([{ frames: 10 }]);
    await after.ended(second.id);
    const [last] = after.list({ limit: 1, offset: 1 });
    await after.ended(last?.id ?? '');
    expect(later.prompts).toEqual(['fourth', 'second', 'third']);
  });

  it('is not shared: a second service on the same files is refused', async () => {
    const outdir = await temporaryFolder();
    const service = await openPretended(outdir, new PretendedHost());
    await expect(openPretended(outdir, new PretendedHost())).rejects.toThrow(
      /^Another service uses .*: stop it, or choose another save location with --outdir\.$/,
    );
    await service[Symbol.asyncDispose]();
    await openPretended(outdir, new PretendedHost());
  });
});
