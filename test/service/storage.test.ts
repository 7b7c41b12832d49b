import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createServer } from '#src/service/server.js';
import { smallDisk } from '../helpers/small-disk.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended, poolOf, until } from './open-service.js';
import { barrier, PretendedHost } from './pretended-host.js';

/** Lets another program lock the database of a service. @returns what ends the lock */
function lock(outdir: string): () => void {
  const other = new Libsql(join(outdir, 'steps-animation.db'));
  other.exec('begin immediate');
  onTestFinished(() => void other.close());
  return () => other.exec('rollback');
}

/** Fills a disk to the last byte. @returns what frees it again */
async function fill(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'filler');
  await expect(writeFile(path, Buffer.alloc(64 * 2 ** 20))).rejects.toThrow('ENOSPC');
  return async () => await rm(path);
}

/** A host with the default sampler of the web UIs. */
class SamplingHost extends PretendedHost {
  override async describe() {
    return { ...(await super.describe()), samplers: ['Euler'] };
  }
}

/** Resolves when a movie of a job is on disk. */
async function movieIn(outdir: string): Promise<void> {
  const folder = join(outdir, 'txt2img-images/animation');
  const made = async () => (await readdir(folder)).filter((name) => name.endsWith('.mp4')).length;
  await expect.poll(made, { timeout: 60_000 }).toBe(1);
}

describe('a full disk', () => {
  it('fails the running job; reads are answered, and the queue goes on when there is room', async () => {
    const outdir = await smallDisk(4096);
    if (outdir === undefined) return console.log('not tested: no right to mount a small file system');
    const { beforeStep, reached, open } = barrier(20);
    const host = new SamplingHost(beforeStep);
    const messages: string[] = [];
    const onMessage = (message: string) => void messages.push(message);
    const service = await openPretended(outdir, host, { onMessage });
    const hosts = poolOf(host);
    const serviceInfo = { version: '1', device: 'cpu', outdir, modelsFolders: [], hosts };
    const server = await createServer({ service, serviceInfo, logLevel: 'silent' });
    const first = await service.submit(named('first', { steps: 60 }));
    const second = await service.submit(named('second'));
    await reached;
    const free = await fill(outdir);
    open();
    await until(service, () => service.get(first.id)?.state === 'failed');
    const { error } = service.get(first.id) ?? {};
    expect(error).toContain(outdir);
    expect(error).toMatch(/free some space/);
    expect(service.get(second.id)).toMatchObject({ state: 'queued', position: 1 });

    const list = await server.inject({ url: '/api/v1/jobs', headers: { host: 'localhost' } });
    expect(list.json().jobs).toMatchObject([
      { state: 'queued' },
      { state: 'failed', error: expect.stringContaining(outdir) },
    ]);
    for (const [url, body] of [
      ['/api/v1/jobs', { kind: 'txt2img' }],
      ['/sdapi/v1/txt2img', { prompt: 'x' }],
    ] as const) {
      const answer = await server.inject({ method: 'POST', url, body, headers: { host: 'localhost' } });
      expect(answer.statusCode, answer.body).toBe(507);
      expect(answer.body).toContain(`The disk of ${outdir} is full: free some space`);
    }

    await free();
    expect(await service.ended(second.id)).toMatchObject({ state: 'finished', error: null });
    expect(await service.ended((await service.submit(named('third'))).id)).toMatchObject({ state: 'finished' });
    expect(service.get(first.id)).toMatchObject({ state: 'failed', error });
    await service[Symbol.asyncDispose]();
    expect(messages.join('\n')).not.toContain('rollback');
    const again = await openPretended(outdir, new PretendedHost());
    expect(again.get(first.id)).toMatchObject({ state: 'failed', error });
  });

  it('is named by a service that cannot start on it', async () => {
    const outdir = await smallDisk(1024);
    if (outdir === undefined) return console.log('not tested: no right to mount a small file system');
    await fill(outdir);
    await expect(openPretended(outdir, new PretendedHost())).rejects.toThrow(/full.*free some space/);
  });
});

describe('a database that another program has locked', () => {
  it('gets what a job made in the meantime when it is free again, and the job is finished', async () => {
    const outdir = await temporaryFolder();
    const { beforeStep, reached, open } = barrier(2);
    const service = await openPretended(outdir, new PretendedHost(beforeStep));
    const { id } = await service.submit(named('an apple'));
    await reached;
    const unlock = lock(outdir);
    open();
    // The movie is there before anything can be written about it.
    await movieIn(outdir);
    expect(service.get(id)?.animations).toEqual([]);
    unlock();
    const job = await service.ended(id);
    expect(job).toMatchObject({ state: 'finished', error: null, animations: [{ job: id, steps: 4 }] });
    expect(job.images).toMatchObject([{ steps: [1, 2, 3, 4] }]);
  });

  it('lets requests wait, which are answered when it is free', async () => {
    const outdir = await temporaryFolder();
    const { beforeStep, reached, open } = barrier(1);
    const service = await openPretended(outdir, new PretendedHost(beforeStep));
    const first = await service.submit(named('first'));
    await reached;
    const second = await service.submit(named('second'));
    const third = await service.submit(named('third'));
    const unlock = lock(outdir);
    const waiting = [service.submit(named('fourth')), service.move(third.id, 1), service.cancel(second.id)] as const;
    expect(service.list({ state: 'queued' })).toHaveLength(2);
    unlock();
    const [fourth, moved, cancelled] = await Promise.all(waiting);
    expect([fourth.state, moved.position, cancelled.state]).toEqual(['queued', 1, 'cancelled']);
    open();
    for (const { id } of [first, third, fourth]) expect((await service.ended(id)).state).toBe('finished');
  });

  it('does not lose the end of a job when the service stops meanwhile', async () => {
    const outdir = await temporaryFolder();
    const { beforeStep, reached, open } = barrier(2);
    const service = await openPretended(outdir, new PretendedHost(beforeStep));
    const { id } = await service.submit(named('an apple'));
    await reached;
    const unlock = lock(outdir);
    const stopped = service[Symbol.asyncDispose]();
    open();
    await movieIn(outdir);
    unlock();
    await stopped;
    const again = await openPretended(outdir, new PretendedHost());
    expect(again.get(id)).toMatchObject({ state: 'interrupted', animations: [{ job: id }] });
  });
});
