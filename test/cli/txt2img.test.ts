import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPngText } from '#src/infotext/png.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand, startCommand } from './run-command.js';

const model = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));
const request = ['txt2img', 'a red apple', '--model', model, '--width', '64', '--height', '48', '--seed', '42'];

describe('txt2img', () => {
  it('makes an image and its movie, and prints one line of JSON', async () => {
    const outdir = await temporaryFolder();
    const args = [...request, '--steps', '7', '--duration', '1', '--outdir', outdir, '--look', 'reveal', '--json'];
    const { stdout, exitCode } = await runCommand(...args);
    expect(exitCode).toBe(0);
    const folder = join(outdir, 'txt2img-images');
    const movie = JSON.parse(stdout);
    expect(Object.keys(movie).join()).toBe(
      'type,path,image,codec,width,height,frames,fps,duration,bytes,steps,seed,finish_ms',
    );
    // The noise for 0.6 s, the development for 1 s, and the finished image for 1.5 s.
    const length = { frames: 93, duration: 3.1 };
    expect(movie).toMatchObject({ type: 'animation', codec: 'x264', width: 512, height: 384, ...length });
    expect(movie).toMatchObject({
      path: join(folder, 'animation', '42-a red apple.mp4'),
      image: join(folder, '42-a red apple.png'),
      steps: 7,
      seed: 42,
    });
    const infotext = readPngText(await readFile(movie.image), 'parameters');
    expect(infotext).toMatch(/^a red apple\nSteps: 7, Sampler: Euler a, .*Seed: 42, Size: 64x48, Model: tiny-model/);
    const facts = JSON.parse((await runCommand('info', movie.path, '--json')).stdout);
    expect(facts.infotext).toBe(infotext);
  });

  it('counts all frames of the movie, in frames a second', async () => {
    const holds = ['--duration', '1', '--fps', '10', '--first-frame-duration', '1', '--last-frame-duration', '2'];
    const { stderr, stdout } = await runCommand(
      ...request,
      '--steps',
      '3',
      ...holds,
      '--outdir',
      await temporaryFolder(),
    );
    expect(stdout).toContain('40 frames');
    const frames = stderr.split('\n').filter((line) => line.startsWith('frame'));
    expect(frames.at(-1)).toMatch(/^frame 40 of 40, .* frames\/s$/);
    expect(frames.filter((line) => !line.endsWith(' frames/s') || !line.includes(' of 40,'))).toEqual([]);
  });

  it('gives the same image again, under the next free name', async () => {
    const outdir = await temporaryFolder();
    const folder = join(outdir, 'txt2img-images');
    for (let run = 0; run < 2; run += 1) {
      const { stdout } = await runCommand(...request, '--steps', '3', '--duration', '0.5', '--outdir', outdir);
      expect(stdout).toMatch(/^image .*\.png\nanimation .*\.mp4 .*\n$/);
    }
    const hashes = await Promise.all(
      ['42-a red apple.png', '42-a red apple-1.png'].map((name) => pixels(folder, name)),
    );
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('takes the size of the model where none is given', async () => {
    const outdir = await temporaryFolder();
    const args = ['txt2img', 'a', '--model', model, '--steps', '2', '--duration', '0.5', '--outdir', outdir, '--json'];
    const { stdout, stderr } = await runCommand(...args);
    expect(stderr).not.toMatch(/error/);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'animation', frames: 15, steps: 2 });
  });

  it('keeps the steps when no movie is wanted, and render makes one of them', async () => {
    const outdir = await temporaryFolder();
    await runCommand(...request, '--steps', '4', '--outdir', outdir, '--no-create-animation');
    const intermediate = join(outdir, 'txt2img-images', 'intermediate');
    const names = (await readdir(intermediate)).filter((name) => name.endsWith('.png')).sort();
    expect(names).toEqual(['001', '002', '003', '004'].map((step) => `0000${step}-42-a red apple.png`));
    const { stdout } = await runCommand('render', intermediate, '--duration', '1', '--outdir', outdir, '--json');
    const movie = JSON.parse(stdout);
    expect(basename(movie.path)).toBe('42-a red apple.mp4');
    expect(movie).toMatchObject({ frames: 30, steps: 4, seed: 42 });
  });
});

describe('Ctrl-C', () => {
  it.skipIf(process.platform === 'win32')('stops the sampler and makes the movie of what there is', async () => {
    const outdir = await temporaryFolder();
    const args = [...request, '--steps', '1000', '--duration', '1', '--outdir', outdir, '--json'];
    const { child, result } = startCommand(...args);
    child.stderr.once('data', () => child.kill('SIGINT'));
    const { stdout, stderr, exitCode } = await result;
    expect(stderr).toMatch(/stopping after this step/);
    expect(exitCode).toBe(0);
    const movie = JSON.parse(stdout);
    expect(movie).toMatchObject({ frames: 30, duration: 1 });
    expect(movie.steps).toBeLessThan(1000);
  });
});

async function pixels(folder: string, name: string): Promise<string> {
  const raw = await sharp(join(folder, name)).raw().toBuffer();
  return createHash('sha256').update(raw).digest('hex');
}
