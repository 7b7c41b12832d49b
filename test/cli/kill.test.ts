import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand } from './run-command.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const model = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

async function filesOf(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  const isPicture = (name: string) => !name.startsWith('.') && !name.endsWith('.json') && name.includes('.');
  return names.filter(isPicture).map((name) => join(folder, name));
}

function killGroup(id: number | undefined): void {
  try {
    if (id !== undefined) process.kill(-id, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

describe('a kill at any moment', () => {
  it('leaves only whole files, of which render makes a movie', async () => {
    const outdir = await temporaryFolder();
    const folder = join(outdir, 'txt2img-images');
    const intermediateFolder = join(folder, 'intermediate');
    for (const more of [0, 1, 2, 7, 20, 45]) {
      const wanted = (await filesOf(intermediateFolder)).length + more;
      const options = ['--width', '512', '--height', '512', '--steps', '60', '--duration', '8', '--outdir', outdir];
      const args = [
        main,
        'txt2img',
        'an apple',
        '--model',
        model,
        '--no-delete-intermediate',
        '--look',
        'classic',
        ...options,
      ];
      // A process group of its own: the kill reaches all its processes.
      const command = spawn(process.execPath, args, { stdio: 'ignore', detached: true });
      const ended = once(command, 'exit');
      while (command.exitCode === null && (await filesOf(intermediateFolder)).length < wanted) await setTimeout(5);
      killGroup(command.pid);
      await ended;
      // The other processes of the group take a moment to be gone.
      await setTimeout(300);

      const intermediate = await filesOf(intermediateFolder);
      for (const image of [...intermediate, ...(await filesOf(folder))]) await sharp(image).stats();
      for (const movie of await filesOf(join(folder, 'animation'))) expect((await probeMovie(movie)).frames).toBe(240);
      if (intermediate.length < 2) continue;
      const { exitCode, stderr } = await runCommand(
        'render',
        intermediateFolder,
        '--duration',
        '1',
        '--outdir',
        outdir,
      );
      expect(exitCode, stderr).toBe(0);
    }
  });
});
