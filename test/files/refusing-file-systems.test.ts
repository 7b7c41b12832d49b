import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeFile, retryWhileHeld } from '#src/files/held-files.js';
import { publish, temporaryPath } from '#src/files/publish.js';
import { replaceWhole, writeWhole } from '#src/files/whole-files.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

type Operation = 'link' | 'rename' | 'unlink';

const refusals = vi.hoisted(() => ({
  /** what an operation answers instead of being done; undefined: it is done */
  of: (_operation: 'link' | 'rename' | 'unlink', _path: string): string | undefined => undefined,
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const refusing =
    (operation: Operation) =>
    async (...paths: [string, string]): Promise<void> => {
      const code = refusals.of(operation, paths[0]);
      if (code !== undefined) throw Object.assign(new Error(`${code}: refused, ${operation}`), { code });
      await real[operation](...paths);
    };
  return { ...real, link: refusing('link'), rename: refusing('rename'), unlink: refusing('unlink') };
});

/** Pauses in milliseconds, which end at once. */
const pauses = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', () => ({ setTimeout: async (ms: number) => void pauses.push(ms) }));

/** Refuses an operation with `code`, so many times. */
function refuse(operation: Operation, code: string, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  refusals.of = (asked) => (asked === operation && left-- > 0 ? code : undefined);
}

beforeEach(() => {
  vi.stubGlobal('process', Object.create(process, { platform: { value: 'win32' } }));
  pauses.length = 0;
});

afterEach(() => {
  refusals.of = () => undefined;
  vi.unstubAllGlobals();
});

describe('a file system without hard links', () => {
  it.each(['EISDIR', 'EINVAL', 'UNKNOWN', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK', 'EXDEV', 'EPERM', 'EACCES'])(
    'gets whole files under the next free names when link fails with %s',
    async (code) => {
      const folder = await temporaryFolder();
      refuse('link', code);
      const texts = ['one', 'two', 'three'];
      const paths = await Promise.all(texts.map((text) => writeWhole(folder, 'a', 'txt', Buffer.from(text))));
      expect(new Set(paths).size).toBe(3);
      expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(texts);
      expect((await readdir(folder)).every((name) => name.startsWith('a'))).toBe(true);
    },
  );

  it('never replaces a file that is there', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.txt'), 'mine');
    await mkdir(join(folder, 'a-1.txt'));
    refuse('link', 'EISDIR');
    expect(await writeWhole(folder, 'a', 'txt', Buffer.from('new'))).toBe(join(folder, 'a-2.txt'));
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('mine');
  });

  it('is left without a placeholder when the file cannot be renamed', async () => {
    const folder = await temporaryFolder();
    refusals.of = (operation) => ({ link: 'EISDIR', rename: 'EIO', unlink: undefined })[operation];
    await expect(writeWhole(folder, 'a', 'txt', Buffer.from('text'))).rejects.toMatchObject({ code: 'output' });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['ENOENT', 'ENOSPC'])('is not assumed when link fails with %s', async (code) => {
    const folder = await temporaryFolder();
    refuse('link', code);
    await expect(writeWhole(folder, 'a', 'txt', Buffer.from('text'))).rejects.toMatchObject({ code: 'output' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a file that another program holds', () => {
  it.each(['EPERM', 'EBUSY', 'EACCES'])('is replaced once it is let go of (%s)', async (code) => {
    const path = join(await temporaryFolder(), 'a.json');
    await writeFile(path, 'old');
    refuse('rename', code, 3);
    await replaceWhole(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it.each(['EPERM', 'EBUSY', 'EACCES'])('is published though the unfinished one stays held (%s)', async (code) => {
    const folder = await temporaryFolder();
    const unfinished = temporaryPath(folder);
    await writeFile(unfinished, 'movie');
    refuse('unlink', code);
    const path = await publish(unfinished, folder, 'a', 'mp4');
    expect(await readFile(path, 'utf8')).toBe('movie');
    // It is removed with the next file.
    refusals.of = () => undefined;
    await removeFile(join(folder, 'no such file'));
    expect(await readdir(folder)).toEqual(['a.mp4']);
  });

  it('is reported after 2 s, and at once where the user may not', async () => {
    const held = vi.fn(() => Promise.reject(Object.assign(new Error('held'), { code: 'EPERM' })));
    await expect(retryWhileHeld(held)).rejects.toThrow('held');
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(2000);
    expect(held).toHaveBeenCalledTimes(pauses.length + 1);
    vi.unstubAllGlobals();
    held.mockClear();
    await expect(retryWhileHeld(held)).rejects.toThrow('held');
    expect(held).toHaveBeenCalledOnce();
  });
});
