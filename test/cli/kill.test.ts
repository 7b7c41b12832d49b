import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { probeMovie } from '#dist/animation/probe.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand } from './run-command.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const model = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

async function filesOf(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  return names.filter((name) => !name.startsWith('.') && name.includes('.')).map((name) => join(folder, name));
}

describe('a kill at any moment', () => {
  it('leaves only whole files, of which render makes a movie', async () => {
    const outdir = await temporaryFolder();
    const folder = join(outdir, 'txt2img-images');
    let rendered = 0;
    for (const milliseconds of [500, 900, 1200, 1500, 1800, 2200, 2700, 3300]) {
      const options = ['--width', '512', '--height', '512', '--steps', '60', '--duration', '8', '--outdir', outdir];
      const args = [main, 'txt2img', 'an apple', '--model', model, '--no-delete-intermediate', ...options];
      // A process group of its own: the kill reaches all its processes.
      const command = spawn(process.execPath, args, { stdio: 'ignore', detached: true });
      await Promise.race([setTimeout(milliseconds), once(command, 'exit')]);
      if (command.pid !== undefined && command.exitCode === null) process.kill(-command.pid, 'SIGKILL');

      const intermediate = await filesOf(join(folder, 'intermediate'));
      for (const image of [...intermediate, ...(await filesOf(folder))]) await sharp(image).stats();
      for (const movie of await filesOf(join(folder, 'animation'))) expect((await probeMovie(movie)).frames).toBe(240);
      if (intermediate.length < 2) continue;
      const { exitCode } = await runCommand(
        'render',
        join(folder, 'intermediate'),
        '--duration',
        '1',
        '--outdir',
        outdir,
      );
      expect(exitCode).toBe(0);
      rendered++;
    }
    expect(rendered).toBeGreaterThan(0);
  });
});
