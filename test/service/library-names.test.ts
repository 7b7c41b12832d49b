import { access, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { removeFile } from '#src/files/held-files.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const refusals = vi.hoisted(() => ({ isHeld: (_path: string): boolean => false }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const unlink = async (path: string): Promise<void> => {
    if (refusals.isHeld(path)) throw Object.assign(new Error('EBUSY: held'), { code: 'EBUSY' });
    await real.unlink(path);
  };
  return { ...real, unlink };
});
vi.mock('node:timers/promises', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:timers/promises')>()),
  setTimeout: async () => {},
}));

afterEach(() => {
  refusals.isHeld = () => false;
});

const animation = { look: 'classic', duration: 1, fps: 10 } as const;

describe('the files of the library', () => {
  it('stay removed while another program holds them, and are deleted by a later start', async () => {
    const outdir = await temporaryFolder();
    const before = await openPretended(outdir, new PretendedHost());
    const { id } = await before.submit({ ...named('held'), animation });
    const [movie] = (await before.ended(id)).animations;
    const path = movie?.path ?? '';
    await before.library.remove(movie?.id ?? '');
    refusals.isHeld = (asked) => asked === path;
    await before[Symbol.asyncDispose]();
    await access(path);

    const during = await openPretended(outdir, new PretendedHost());
    await during.library.scanned();
    expect(during.library.search({}).entries).toEqual([]);
    refusals.isHeld = () => false;
    await during[Symbol.asyncDispose]();
    await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await removeFile(join(outdir, 'none'));
  });

  it('are recognised in another Unicode form', async () => {
    const outdir = await temporaryFolder();
    const before = await openPretended(outdir, new PretendedHost());
    const { id } = await before.submit({ ...named('größe é'), animation });
    const [movie] = (await before.ended(id)).animations;
    await before[Symbol.asyncDispose]();
    for (const path of [movie?.path ?? '', movie?.image ?? '']) {
      await rename(path, join(path, '..', basename(path).normalize('NFD')));
    }

    const after = await openPretended(outdir, new PretendedHost());
    await after.library.update();
    const { entries, total } = after.library.search({});
    expect(total).toBe(1);
    expect(entries[0]).toMatchObject({ id: movie?.id, prompt: 'größe é', job: id });
    await after.library.rebuild();
    const [rebuilt] = after.library.search({}).entries;
    expect(rebuilt?.image?.normalize()).toBe(movie?.image?.normalize());
    await access(rebuilt?.image ?? '');
  });
});
