import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { GenerationOptionsInput } from '#src/options/option-types.js';
import { Database } from '#src/service/database.js';
import type { StoredJob } from '#src/service/job.js';
import { JobStore } from '#src/service/jobs/job-store.js';
import { decodeMovie } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended, openService, poolOf, quick } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const emptyJob = {
  kind: 'txt2img',
  hosts: ['embedded'],
  options: { generation: null, img2img: null, animation: null, of: null, image: null },
} as const;

async function openStore(outdir: string): Promise<{ readonly database: Database; readonly store: JobStore }> {
  const database = await Database.open(outdir, () => {});
  return { database, store: new JobStore(database) };
}

const script = fileURLToPath(new URL('./service-process.mjs', import.meta.url));
const modelsFolder = fileURLToPath(new URL('../fixtures', import.meta.url));

type Killed = {
  /** when it is killed: after so many events of a type */
  readonly after: { readonly type: 'step' | 'image' | 'animation'; readonly count: number };
  /** of its first job */
  readonly options: GenerationOptionsInput;
};

/** Starts a service with two jobs, and kills it with all of its processes. @returns what the database has of the first */
async function killed(outdir: string, { after, options }: Killed): Promise<StoredJob> {
  const service = spawn(process.execPath, [script, outdir, modelsFolder, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(service, 'exit');
  let count = 0;
  for await (const type of createInterface({ input: service.stdout }))
    if (type === after.type && ++count === after.count) break;
  process.kill(-(service.pid ?? 0), 'SIGKILL');
  await ended;
  const database = await Database.open(outdir, () => {});
  const [job] = new JobStore(database).list({ state: 'running' });
  await database[Symbol.asyncDispose]();
  if (!job) throw new Error('The first job was not running any more.');
  return job;
}

describe('a service that is killed', () => {
  it('takes its job up again: the same seeds, finished images kept, and a movie of each', async () => {
    const outdir = await temporaryFolder();
    const options = { batchCount: 6, seed: -1, variationStrength: 0.2, variationSeed: -1 };
    const before = await killed(outdir, { after: { type: 'image', count: 2 }, options });
    const kept = before.images.filter(({ path }) => path !== null);
    expect(kept.length).toBeGreaterThanOrEqual(2);
    const times = await Promise.all(kept.map(async ({ path }) => (await stat(path ?? '')).mtimeMs));

    const service = await openService(outdir, { hosts: poolOf(createEmbeddedHost({ modelsFolder })) });
    const job = await service.ended(before.id);
    expect(job).toMatchObject({ state: 'finished', error: null });
    expect(job.notes.join()).toContain('The service ended while this job was running');
    expect(job.images.map(({ seed, infotext }) => ({ seed, infotext }))).toEqual(
      before.images.map(({ seed, infotext }) => ({ seed, infotext })),
    );
    for (const [index, { path }] of kept.entries()) {
      expect(job.images[index]?.path).toBe(path);
      expect((await stat(path ?? '')).mtimeMs).toBe(times[index]);
    }
    expect(job.images.map(({ steps }) => steps)).toEqual(Array(6).fill([1, 2, 3, 4]));
    const images = job.images.map(({ path }) => path ?? '');
    expect(new Set(images).size).toBe(6);
    expect(job.animations.map(({ image }) => image).toSorted()).toEqual(images.toSorted());
    for (const { image, infotext, path } of job.animations) {
      expect(infotext).toBe(job.images.find((other) => other.path === image)?.infotext);
      expect(await decodeMovie(path)).toHaveLength(10);
    }
    const files = await readdir(join(outdir, 'txt2img-images'));
    expect(files.filter((name) => name.endsWith('.png') && name.includes('first'))).toHaveLength(6);
    expect(service.library.search().total).toBe(6);
    // Then the other, which was queued behind it.
    const [second] = service.list({ limit: 1 });
    expect(await service.ended(second?.id ?? '')).toMatchObject({ state: 'finished' });
  });

  it('makes the images that it would have made', async () => {
    const options = { batchCount: 3, batchSize: 2, seed: 7 };
    const outdir = await temporaryFolder();
    const before = await killed(outdir, { after: { type: 'animation', count: 3 }, options });
    const service = await openService(outdir, { hosts: poolOf(createEmbeddedHost({ modelsFolder })) });
    const resumed = await service.ended(before.id);
    const again = await service.ended((await service.again(before.id)).id);
    for (const [index, { path }] of again.images.entries()) {
      const [whole, continued] = [path, resumed.images[index]?.path].map((file) =>
        sharp(file ?? '')
          .raw()
          .toBuffer(),
      );
      expect(await continued).toEqual(await whole);
    }
    expect(again.images).toHaveLength(6);
    // Of a batch that was made again, each image has one movie.
    expect(resumed.animations.map(({ image }) => image).toSorted()).toEqual(
      resumed.images.map(({ path }) => path).toSorted(),
    );
  });

  it('has one movie of each image, also of those that are made again with the image before', async () => {
    const outdir = await temporaryFolder();
    const before = await openPretended(outdir, new PretendedHost());
    const { id, images } = await before.ended((await before.submit(named('an apple', { batchCount: 3 }))).id);
    await before[Symbol.asyncDispose]();
    await rm(images[1]?.path ?? '');
    const database = await Database.open(outdir, () => {});
    database.run("update jobs set state = 'running', position = 1, ended_at = null where id = :id", { id });
    await database[Symbol.asyncDispose]();

    const host = new PretendedHost();
    const after = await openPretended(outdir, host);
    const job = await after.ended(id);
    expect(job).toMatchObject({ state: 'finished', images });
    expect(host.prompts).toEqual(['an apple']);
    expect(job.animations.map(({ image }) => image).toSorted()).toEqual(images.map(({ path }) => path).toSorted());
    expect(after.library.search().total).toBe(3);
  });

  it('leaves a job as it is that a person had stopped', async () => {
    const outdir = await temporaryFolder();
    const { database, store } = await openStore(outdir);
    store.add({ ...emptyJob, id: 'job' });
    store.queue.claim([['embedded']], 'embedded');
    store.stop('job');
    store.takeUpRunning('resume');
    expect(store.get('job')).toMatchObject({ state: 'interrupted', position: null });
    await database[Symbol.asyncDispose]();
  });

  it('does not take up a job for ever that makes it crash', async () => {
    const { database, store } = await openStore(await temporaryFolder());
    for (const id of ['job', 'other']) store.add({ ...emptyJob, id });
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(store.queue.claim([['embedded']], 'embedded')).toMatchObject({ id: 'job', attempt });
      store.takeUpRunning('resume');
      expect(store.get('job')).toMatchObject({ state: 'queued', position: 1, host: null, startedAt: null });
    }
    store.queue.claim([['embedded']], 'embedded');
    store.takeUpRunning('resume');
    expect(store.get('job')).toMatchObject({ state: 'interrupted' });
    await database[Symbol.asyncDispose]();
  });

  it('lists what its job left if that is wanted, renders it, and goes on with the queue', async () => {
    const outdir = await temporaryFolder();
    await killed(outdir, { after: { type: 'step', count: 6 }, options: { batchCount: 500, seed: 1 } });
    const host = createEmbeddedHost({ modelsFolder });
    const service = await openService(outdir, { hosts: poolOf(host), onRestart: 'interrupt' });
    const [second, first] = service.list();
    expect(first).toMatchObject({ state: 'interrupted', options: { generation: { prompt: 'first' } } });
    expect(first?.error).toContain('render the steps that are kept, or run it again');
    const left = (first?.images ?? []).filter(({ steps }) => steps.length > 1);
    expect(left.length).toBeGreaterThan(0);
    for (const { index, steps } of left) {
      for (const step of steps) await sharp(await service.stepPicture(first?.id ?? '', index, step)).stats();
    }

    expect(await service.ended(second?.id ?? '')).toMatchObject({
      state: 'finished',
      images: [{ steps: [1, 2, 3, 4] }],
    });
    const { index = 0, steps = [], path = null } = left.at(-1) ?? {};
    // The finished image, where it is there, takes the place of the last step.
    const shown = path === null ? steps.length : steps.filter((step) => step < 4).length + 1;
    const render = { kind: 'render', of: first?.id ?? '', image: index, animation: quick.animation } as const;
    const rendered = await service.ended((await service.submit(render)).id);
    expect(rendered).toMatchObject({ state: 'finished', animations: [{ steps: shown }] });
    expect(await decodeMovie(rendered.animations[0]?.path ?? '')).toHaveLength(10);

    const again = await service.again(first?.id ?? '');
    expect(again.options).toEqual(first?.options);
    await service.cancel(again.id);
    expect((await service.ended(again.id)).state).toMatch(/interrupted|cancelled/);
    await service[Symbol.asyncDispose]();
  });
});
