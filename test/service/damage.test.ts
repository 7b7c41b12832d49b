import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { named, openPretended } from './open-service.js';
import { PretendedHost } from './pretended-host.js';

const name = 'steps-animation.db';

describe('a damaged database', () => {
  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    'is no database': () => Buffer.from('garbage '.repeat(1000)),
    'is cut': (bytes) => bytes.subarray(0, bytes.length / 2),
    'has garbage in the middle': (bytes) => Buffer.from(bytes).fill(0x41, 4096, 12_000),
  };
  it.each(Object.entries(damages))(
    'that %s is moved aside, and the library is read from the files',
    async (_, damage) => {
      const outdir = await temporaryFolder();
      const before = await openPretended(outdir, new PretendedHost());
      const job = await before.ended((await before.submit(named('an apple'))).id);
      await before[Symbol.asyncDispose]();
      const path = join(outdir, name);
      const damaged = damage(await readFile(path));
      await writeFile(path, damaged);

      const messages: string[] = [];
      const onMessage = (message: string) => void messages.push(message);
      const after = await openPretended(outdir, new PretendedHost(), { onMessage });
      expect(messages).toEqual([expect.stringContaining(`The database ${path} is damaged`)]);
      const aside = (await readdir(outdir)).filter((file) => file.includes('damaged') && file.endsWith('.db'));
      expect(await readFile(join(outdir, aside[0] ?? ''))).toEqual(damaged);
      expect(after.list()).toEqual([]);
      await vi.waitFor(() => expect(after.library.search().total).toBe(1), 30_000);
      expect(after.library.search().entries).toMatchObject([{ prompt: 'an apple', path: job.animations[0]?.path }]);
      await after.ended((await after.submit(named('goes on'))).id);
    },
  );

  it('of a later version is left alone', async () => {
    const outdir = await temporaryFolder();
    await (await openPretended(outdir, new PretendedHost()))[Symbol.asyncDispose]();
    const path = join(outdir, name);
    const bytes = await readFile(path);
    // The user version is at byte 60 of the header.
    bytes.writeUInt32BE(99, 60);
    await writeFile(path, bytes);
    await expect(openPretended(outdir, new PretendedHost())).rejects.toThrow('is of a later version');
    expect(await readFile(path)).toEqual(bytes);
  });
});
