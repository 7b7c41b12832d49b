import { spawnSync } from 'node:child_process';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { publish, removeAbandoned, temporaryPath } from '#src/files/publish.js';
import { prepareFolder, writeWhole } from '#src/files/whole-files.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

describe('whole files', () => {
  it('get the next free name and never replace another', async () => {
    const folder = await temporaryFolder();
    const write = (text: string) => writeWhole(folder, 'a', 'txt', Buffer.from(text));
    const paths = await Promise.all(['one', 'two', 'three'].map(write));
    expect(paths.map((path) => path.slice(folder.length + 1)).sort()).toEqual(['a-1.txt', 'a-2.txt', 'a.txt']);
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    expect(texts).toEqual(['one', 'two', 'three']);
  });

  it('leave nothing behind when they cannot be written', async () => {
    const folder = await temporaryFolder();
    const stem = 'x'.repeat(300);
    await expect(writeWhole(folder, stem, 'txt', Buffer.from('text'))).rejects.toMatchObject({ code: 'output' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('are kept for running processes and removed for ended ones', async () => {
    const folder = await temporaryFolder();
    const module = new URL('../../dist/files/publish.js', import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(({ temporaryPath }) => console.log(temporaryPath(process.argv[1])))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script, folder], { encoding: 'utf8' });
    await writeFile(stdout.trim(), 'of a process that has ended');
    const ours = temporaryPath(folder);
    await writeFile(ours, 'of this process');
    await removeAbandoned(folder);
    expect((await readdir(folder)).map((name) => join(folder, name))).toEqual([ours]);
    expect(await publish(ours, folder, 'ours', 'txt')).toBe(join(folder, 'ours.txt'));
  });

  it('of other machines and of processes with a number used again are removed after a day without a write', async () => {
    const folder = await temporaryFolder();
    const id = '0123abcd-3b241101-e2bb-4255-8caf-4136c566a962';
    const names = [
      `.steps-animation-laptop-${process.pid}-${id}.part`,
      basename(temporaryPath(folder)).replace(/-\d+-[0-9a-f]{8}-.*/u, `-1-${id}.part`),
    ];
    const day = 24 * 60 * 60;
    for (const name of names) {
      for (const [stem, ageSeconds] of [
        ['new', day - 60],
        ['old', day + 60],
      ] as const) {
        const path = join(folder, name.replace('.part', `-${stem}.part`));
        await writeFile(path, '');
        await utimes(path, Date.now() / 1000 - ageSeconds, Date.now() / 1000 - ageSeconds);
      }
    }
    const earlier = temporaryPath(folder).replace(/-(\d+)-[0-9a-f]{8}-/u, '-$1-00000000-');
    await writeFile(earlier, 'of an earlier process that had the number of this one');
    await removeAbandoned(folder);
    expect((await readdir(folder)).map((name) => name.includes('-new'))).toEqual(names.map(() => true));
  });

  it('go to folders that are made for them', async () => {
    const folder = await temporaryFolder();
    const deep = join(folder, 'a', 'b', 'c');
    await prepareFolder(deep);
    await prepareFolder(deep);
    expect(await readdir(deep)).toEqual([]);
  });

  it.each(['/proc/steps-animation/a', fileURLToPath(import.meta.url)])(
    'say that %s cannot be written to',
    async (path) => {
      const message = expect.stringContaining(path);
      await expect(prepareFolder(path)).rejects.toMatchObject({ code: 'output', message });
    },
  );
});
