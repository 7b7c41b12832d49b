import { access, copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AnimationResult } from '#src/app/events.js';
import { codecs } from '#src/options/codecs.js';
import { animationJson, jobJson } from '#src/service/api/shapes.js';
import { Database } from '#src/service/database.js';
import type { Job } from '#src/service/job.js';
import { Library } from '#src/service/library/library.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const animation = { look: 'classic' as const, duration: 1, fps: 10 };

function rethrow(error: unknown): never {
  throw error;
}

/** The addresses of the movies of a job. */
function urlsOf(job: Job | undefined): string[] {
  return job ? jobJson(job).animations.map(({ url }) => url) : [];
}

async function isThere(path: string | null | undefined): Promise<boolean> {
  return await access(path ?? '').then(
    () => true,
    () => false,
  );
}

describe('the library', () => {
  it('is rebuilt from the files alone, every codec the same as before', async () => {
    const outdir = await temporaryFolder();
    const before = await openPretended(outdir, new PretendedHost());
    const prompt = 'an apple, "red": (shiny:1.2)';
    const { id: of } = await before.submit({ ...named(prompt), animation: { ...animation, codec: 'x264' } });
    await before.ended(of);
    let last = of;
    for (const { name } of Object.values(codecs).filter(({ name }) => name !== 'x264')) {
      last = (await before.submit({ kind: 'render', of, image: 0, animation: { ...animation, codec: name } })).id;
    }
    await before.ended(last);
    const made = before.library.search({ limit: 200 }).entries;
    expect(made).toHaveLength(Object.keys(codecs).length);
    await before[Symbol.asyncDispose]();
    for (const suffix of ['', '-wal', '-shm']) await rm(join(outdir, `steps-animation.db${suffix}`), { force: true });

    const after = await openPretended(outdir, new PretendedHost());
    expect(await after.library.rebuild()).toBe(made.length);
    for (const entry of made) {
      const found = after.library.get(entry.id);
      expect(found, entry.codec).toEqual({
        ...entry,
        ...{ job: null, finishMs: 0, createdAt: expect.any(Number) },
        duration: expect.closeTo(entry.duration, 2),
        fps: expect.closeTo(entry.fps, 2),
      });
    }
    // Nothing is listed twice, and what is gone is forgotten.
    await rm(made[0]?.path ?? '');
    expect(await after.library.rebuild()).toBe(made.length - 1);
  });

  it('keeps all digits of a long seed, and knows none where it is no number', async () => {
    const outdir = await temporaryFolder();
    const service = await openPretended(outdir, new PretendedHost());
    const add = (path: string, seed: string | null, written: string) => {
      const movie = { width: 8, height: 8, frames: 1, fps: 1, duration: 1, bytes: 1, steps: 1 };
      const result: AnimationResult = {
        type: 'animation',
        path: join(outdir, path),
        image: null,
        codec: 'x264',
        ...movie,
        seed,
        finish_ms: 0,
      };
      service.library.add(result, { job: null, infotext: `a cat\nSteps: 20, Sampler: Euler, Seed: ${written}` });
    };
    add('1.mp4', '18446744073709551615', '18446744073709551615');
    add('2.mp4', null, 'random');
    const seeds = service.library.search({}).entries.map(({ seed }) => seed);
    expect(seeds.toSorted()).toEqual(['18446744073709551615', null]);
  });

  it('hides what is removed until it is restored, and deletes it when the service stops', async () => {
    const outdir = await temporaryFolder();
    const service = await openPretended(outdir, new PretendedHost());
    const kept = await service.ended((await service.submit(named('kept'))).id);
    const gone = await service.ended((await service.submit(named('gone'))).id);
    for (const { animations } of [kept, gone]) await service.library.remove(animations[0]?.id ?? '');
    expect(service.library.search()).toEqual({ entries: [], total: 0 });
    expect(service.library.facets()).toEqual({ codecs: [], samplers: [], models: [] });
    expect(service.get(kept.id)?.animations).toEqual([]);
    await expect(service.library.remove(gone.animations[0]?.id ?? '')).rejects.toThrow('There is no animation');
    expect(await service.library.rebuild()).toBe(0);
    expect(await service.library.restore(kept.animations[0]?.id ?? '')).toMatchObject({ prompt: 'kept', job: kept.id });
    await service[Symbol.asyncDispose]();
    expect(await isThere(kept.animations[0]?.path)).toBe(true);
    expect(await isThere(gone.animations[0]?.path)).toBe(false);
    expect(await isThere(gone.images[0]?.path)).toBe(true);
  });

  it('gives a movie that is removed by hand and made again to its new job, under another address', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost());
    const make = async () => await service.ended((await service.submit(named('an apple', { steps: 5 }))).id);
    const before = await make();
    const [old] = before.animations;
    for (const path of [old?.path, before.images[0]?.path]) await rm(path ?? '');
    const after = await make();
    expect(after.animations).toMatchObject([{ id: old?.id, path: old?.path, job: after.id }]);
    expect(after.animations[0]?.createdAt).toBeGreaterThanOrEqual(after.createdAt);
    expect(after.animations[0]?.image).toBe(after.images[0]?.path);
    expect(after.images[0]?.path).toBe(before.images[0]?.path);
    expect(urlsOf(after)).not.toEqual(urlsOf(before));
    // What it had made is gone.
    expect(service.get(before.id)).toMatchObject({ animations: [], images: [{ path: null }] });
  });

  it('gives no movie the image of another job that has the name of its own', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost());
    const request = named('an apple', { steps: 5 });
    const before = await service.ended((await service.submit(request)).id);
    await rm(before.images[0]?.path ?? '');
    const other = { ...request, generation: { ...request.generation, steps: 3 } };
    const after = await service.ended((await service.submit(other)).id);
    expect(after.images[0]?.path).toBe(before.images[0]?.path);
    expect(after.animations).toMatchObject([{ image: after.images[0]?.path }]);
    expect(service.get(before.id)).toMatchObject({ animations: [{ image: null }], images: [{ path: null }] });
  });

  it('shows another file that was put into the place of a movie, under another address', async () => {
    const outdir = await temporaryFolder();
    const before = await openPretended(outdir, new PretendedHost());
    const [apple, pear] = [await before.submit(named('apple')), await before.submit(named('pear', { steps: 7 }))];
    const [old, other] = [await before.ended(apple.id), await before.ended(pear.id)];
    await before[Symbol.asyncDispose]();
    await copyFile(other.animations[0]?.path ?? '', old.animations[0]?.path ?? '');

    const after = await openPretended(outdir, new PretendedHost());
    await after.library.update();
    const entry = after.library.get(old.animations[0]?.id ?? '');
    expect(entry).toMatchObject({ prompt: 'pear', job: pear.id, bytes: other.animations[0]?.bytes });
    expect(entry && animationJson(entry).url).not.toBe(urlsOf(old)[0]);
    expect(after.get(apple.id)?.animations).toEqual([]);
    // The others are not read again, and keep their addresses.
    expect(urlsOf(after.get(pear.id))).toContain(urlsOf(other)[0]);
  });

  it('keeps a movie that is made under the name of one which was to be deleted', async () => {
    const service = await openPretended(await temporaryFolder(), new PretendedHost());
    const make = async () => await service.ended((await service.submit(named('an apple'))).id);
    const before = await make();
    await service.library.remove(before.animations[0]?.id ?? '');
    for (const path of [before.animations[0]?.path, before.images[0]?.path]) await rm(path ?? '');
    const after = await make();
    expect(after.animations).toMatchObject([{ id: before.animations[0]?.id }]);
    await service[Symbol.asyncDispose]();
    expect(await isThere(after.animations[0]?.path)).toBe(true);
  });

  it('and the jobs go along when the save location is moved', async () => {
    const parent = await temporaryFolder();
    const before = await openPretended(join(parent, 'before'), new PretendedHost());
    const { id } = await before.ended((await before.submit(named('an apple'))).id);
    await before[Symbol.asyncDispose]();
    await rename(join(parent, 'before'), join(parent, 'after'));
    const service = await openPretended(join(parent, 'after'), new PretendedHost());
    const job = service.get(id);
    expect(job?.images).toMatchObject([{ steps: [1, 2, 3, 4] }]);
    for (const path of [
      job?.images[0]?.path,
      job?.animations[0]?.path,
      job?.animations[0]?.image,
      await service.stepPicture(id, 0, 1),
    ])
      expect(await isThere(path), path ?? '').toBe(true);
  });

  describe('of 1,000 movies', () => {
    afterEach(() => void vi.useRealTimers());

    async function filled(): Promise<Library> {
      const outdir = await temporaryFolder();
      const library = new Library(await Database.open(outdir, () => {}), outdir, rethrow);
      for (let i = 0; i < 1000; i++) {
        const result: AnimationResult = {
          ...{ type: 'animation', path: join(outdir, `${i}.mp4`), image: null, codec: i % 4 === 0 ? 'gif' : 'x264' },
          ...{ width: 64, height: 48, frames: 10, fps: 10, duration: 1, bytes: 100, steps: 4, seed: i, finish_ms: 1 },
        };
        const prompt = `${i % 2 === 0 ? 'A Red' : 'a green'} äpple number ${i}`;
        const infotext = `${prompt}\nNegative prompt: pears\nSteps: 4, Sampler: Euler a, Seed: ${i}, Model: m${i % 3}`;
        library.add(result, { job: null, infotext, createdAt: i });
      }
      return library;
    }

    it('is searched by words and filters, page by page, the newest first', async () => {
      const library = await filled();
      const seeds = (query: Parameters<Library['search']>[0]) => library.search(query).entries.map(({ seed }) => seed);
      expect(seeds({ limit: 3 })).toEqual([999, 998, 997]);
      expect(seeds({ limit: 2, offset: 998 })).toEqual([1, 0]);
      expect(library.search().entries).toHaveLength(50);
      expect(library.search({ offset: 5000 })).toEqual({ entries: [], total: 1000 });
      expect(library.search({ text: 'red ÄPPLE' }).total).toBe(500);
      expect(library.search({ text: 'pears' }).total).toBe(0);
      expect(seeds({ text: '77 number', codec: 'gif' })).toEqual([776, 772]);
      expect(library.search({ model: 'm0', codec: 'gif', sampler: 'Euler a' }).total).toBe(84);
      expect(library.search({ text: "'; drop table movies; --" }).total).toBe(0);
      expect(library.search({ text: '%' }).total).toBe(0);
      expect(library.facets()).toEqual({ codecs: ['gif', 'x264'], samplers: ['Euler a'], models: ['m0', 'm1', 'm2'] });
      expect(library.search({ limit: 1 }).entries[0]).toMatchObject({ negativePrompt: 'pears', model: 'm0' });
    });

    it('deletes what was removed a minute ago', async () => {
      const library = await filled();
      vi.useFakeTimers();
      const [entry] = library.search().entries;
      await library.remove(entry?.id ?? '');
      await vi.advanceTimersByTimeAsync(59_000);
      await library.restore(entry?.id ?? '');
      await library.remove(entry?.id ?? '');
      await vi.advanceTimersByTimeAsync(59_000);
      expect(await library.restore(entry?.id ?? '')).toEqual(entry);
      await library.remove(entry?.id ?? '');
      await vi.advanceTimersByTimeAsync(61_000);
      await expect(library.restore(entry?.id ?? '')).rejects.toThrow('There is no animation');
    });
  });
});
