import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { parseManifest } from '#src/recording/manifest.js';
import { runCommand } from '../cli/run-command.js';
import { emerging } from '../helpers/pictures.js';
import { end, rawImage, rawStep, start } from '../helpers/stream.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const kills = 200;
const size = { width: 256, height: 192 };
const steps = 12;
const codecs = ['x264', 'x265', 'vpx-vp9', 'svt-av1', 'prores_ks', 'gif', 'webp', 'apng'];
const run = [
  start(steps, [{ seed: 42, prompt: 'an apple', ...size }]),
  ...Array.from({ length: steps }, (_, index) => rawStep(index + 1, emerging(size.width, size.height, index / steps))),
];
const finish = [rawImage(emerging(size.width, size.height, 1)), end];

/**
 * Records a run whose steps come over half a second, and kills all its processes after `milliseconds`.
 * @returns how long it took, in milliseconds, and its exit code; null for one that was killed
 */
async function recordAndKill(outdir: string, codec: string, milliseconds: number) {
  const began = performance.now();
  const options = ['--look', 'classic', '--outdir', outdir, '--codec', codec, '--duration', '1.5'];
  const command = spawn(process.execPath, [main, 'record', ...options], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(command, 'exit');
  command.stdin.on('error', () => {});
  const sending = send(command.stdin);
  await Promise.race([setTimeout(milliseconds), ended]);
  const lasted = performance.now() - began;
  if (command.pid !== undefined && command.exitCode === null) process.kill(-command.pid, 'SIGKILL');
  const [[exitCode]] = await Promise.all([ended, sending]);
  // The other processes of the group take a moment to be gone.
  await setTimeout(150);
  return { lasted, exitCode };
}

async function send(stream: NodeJS.WritableStream): Promise<void> {
  for (const message of run) {
    stream.write(message);
    await setTimeout(40);
  }
  for (const message of finish) stream.write(message);
}

async function filesOf(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return (await readdir(folder)).filter((name) => !name.startsWith('.')).map((name) => join(folder, name));
}

async function framesOf(path: string): Promise<number> {
  if (!path.endsWith('.webp')) return (await probeMovie(path)).frames;
  return (await sharp(path, { animated: true }).metadata()).pages ?? 1;
}

describe(`${kills} kills at random moments`, () => {
  it('leave no half-written file under a final name, and render makes a movie of at least two steps', async () => {
    const reached = { nothing: 0, steps: 0, movie: 0 };
    // Machines differ in speed: moments are shares of what a whole run takes.
    const whole = new Map<string, number>();
    for (const codec of codecs) {
      const { lasted, exitCode } = await recordAndKill(await temporaryFolder(), codec, 60_000);
      expect(exitCode).toBe(0);
      whole.set(codec, lasted);
    }
    for (let index = 0; index < kills; index++) {
      const outdir = await temporaryFolder();
      const codec = codecs[index % codecs.length] ?? 'x264';
      // Every second one late, when files are written.
      const earliest = index % 16 < 8 ? 0.1 : 0.7;
      const share = earliest + (1.05 - earliest) * Math.random();
      await recordAndKill(outdir, codec, share * (whole.get(codec) ?? Number.NaN));
      const folder = join(outdir, 'txt2img-images');
      const intermediate = join(folder, 'intermediate');
      const [images, manifests] = [[] as string[], [] as string[]];
      for (const path of await filesOf(intermediate)) (path.endsWith('.json') ? manifests : images).push(path);
      for (const image of [...images, ...(await filesOf(folder)).filter((path) => path.endsWith('.png'))]) {
        await sharp(image).stats();
      }
      for (const manifest of manifests) expect(parseManifest(await readFile(manifest, 'utf8'))).toBeDefined();
      const movies = await filesOf(join(folder, 'animation'));
      for (const movie of movies) expect(await framesOf(movie)).toBe(45);
      if (movies.length > 0) reached.movie++;
      else if (images.length > 0) reached.steps++;
      else reached.nothing++;
      if (images.length < 2) continue;
      const { exitCode, stdout, stderr } = await runCommand(
        'render',
        intermediate,
        '--duration',
        '1',
        '--json',
        '--outdir',
        outdir,
      );
      expect(exitCode, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ frames: 30 });
    }
    console.log(
      `killed before the first step ${reached.nothing}, with steps ${reached.steps}, with a movie ${reached.movie}`,
    );
    expect(reached.steps).toBeGreaterThan(kills / 10);
    expect(reached.movie).toBeGreaterThan(0);
  });
});
