import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tryLock } from '#src/files/lock.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const module = new URL('../../dist/files/lock.js', import.meta.url).href;

/** Runs `code`, which has `tryLock` and `path`, in a process of its own until it prints a line. */
async function inProcess(path: string, code: string): Promise<{ readonly line: string; readonly child: ChildProcess }> {
  const script = `const path = ${JSON.stringify(path)}; const { tryLock } = await import(${JSON.stringify(module)}); ${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]) => [`exit code ${code}`]);
  const [line] = await Promise.race([once(child.stdout, 'data'), exit]);
  return { line: String(line).trim(), child };
}

const hold = 'globalThis.lock = await tryLock(path); console.log(Boolean(lock)); setInterval(() => {}, 1000);';

describe('a lock', () => {
  it('has one holder at a time, and leaves no file', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.lock');
    const first = await tryLock(path);
    expect(await tryLock(path)).toBeUndefined();
    expect(await tryLock(join(folder, 'b.lock'))).toBeDefined();
    first?.[Symbol.dispose]();
    using second = await tryLock(path);
    expect(second).toBeDefined();
    expect(await tryLock(path)).toBeUndefined();
    second?.[Symbol.dispose]();
    expect(await readdir(folder)).not.toContain('a.lock');
  });

  it('is taken where a file was left', async () => {
    const path = join(await temporaryFolder(), 'a.lock');
    await writeFile(path, '');
    using lock = await tryLock(path);
    expect(lock).toBeDefined();
  });

  it('holds among processes until its holder is killed', async () => {
    const path = join(await temporaryFolder(), 'a.lock');
    const { line, child } = await inProcess(path, hold);
    expect(line).toBe('true');
    expect(await tryLock(path)).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    using lock = await tryLock(path);
    expect(lock).toBeDefined();
    expect((await inProcess(path, hold)).line).toBe('false');
  });

  it('is never held twice by processes that take and release it as fast as they can', async () => {
    const path = join(await temporaryFolder(), 'a.lock');
    const code = `
      const { closeSync, openSync, unlinkSync } = await import('node:fs');
      let held = 0;
      for (let turn = 0; turn < 300; turn++) {
        const lock = await tryLock(path);
        if (!lock) continue;
        // Fails where another process is between these lines, too.
        closeSync(openSync(path + '.held', 'wx'));
        unlinkSync(path + '.held');
        held++;
        lock[Symbol.dispose]();
      }
      console.log(held);`;
    const runs = await Promise.all([1, 2, 3].map(() => inProcess(path, code)));
    for (const { line } of runs) expect(Number(line)).toBeGreaterThan(0);
  });

  it('in a folder that is not there says so', async () => {
    const path = join(await temporaryFolder(), 'none', 'a.lock');
    await expect(tryLock(path)).rejects.toMatchObject({ code: 'output', message: expect.stringContaining(path) });
  });
});
