import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { withPngText } from '#src/infotext/png.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand, startCommand } from './run-command.js';

const infotext = 'a red apple\nSteps: 5, Sampler: Euler a, CFG scale: 4, Seed: 42, Size: 64x48, Model: emoji';

describe('render', () => {
  it('makes a movie of a folder, and info reads its settings back', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 5);
    const options = ['--min-size', '512', '--duration', '1.5', '--outdir', folder, '--json'];
    const { stdout, exitCode } = await runCommand('render', folder, ...options);
    expect(exitCode).toBe(0);
    const movie = JSON.parse(stdout);
    expect(movie).toMatchObject({ type: 'animation', image: null, codec: 'x264', width: 512, height: 384, frames: 45 });
    expect(movie).toMatchObject({ fps: 30, duration: 1.5, steps: 5, seed: 42 });
    expect(movie.path).toBe(join(folder, '42-a red apple.mp4'));
    expect(movie.bytes).toBe((await readFile(movie.path)).length);
    expect(movie.finish_ms).toBeGreaterThan(0);

    const facts = JSON.parse((await runCommand('info', movie.path, '--json')).stdout);
    expect(facts).toMatchObject({ type: 'movie', codec: 'h264', pixelFormat: 'yuv420p', bt709: true, frames: 45 });
    expect(facts.infotext).toBe(infotext);
  });

  it('prints where the movie is, and never replaces one', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 2);
    const output = join(folder, 'my movie.mp4');
    const images = [join(folder, '0000001-42-a red apple.png'), join(folder, '0000002-42-a red apple.png')];
    for (const path of [output, join(folder, 'my movie-1.mp4')]) {
      const { stdout } = await runCommand('render', ...images, '--duration', '0.5', '--output', output);
      expect(stdout).toContain(path);
    }
    expect((await readdir(folder)).filter((name) => name.endsWith('.mp4'))).toHaveLength(2);
  });

  it('names the image that is broken, and leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    const outdir = await temporaryFolder();
    await writeImages(folder, 3);
    const bad = join(folder, '0000002-42-a red apple.png');
    const whole = await readFile(bad);
    await writeFile(bad, whole.subarray(0, whole.length / 2));
    const { stderr, exitCode } = await runCommand('render', folder, '--outdir', outdir);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: .*0000002-42-a red apple\.png.*$/m);
    expect(await readdir(outdir)).toEqual([]);
  });

  it('names a file that is no image, and leaves it out', async () => {
    const folder = await temporaryFolder();
    await writeImages(folder, 3);
    await writeFile(join(folder, '0000002-42-a red apple.png'), 'no image');
    const { stderr, exitCode } = await runCommand('render', folder, '--outdir', await temporaryFolder());
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/0000002-42-a red apple\.png/);
  });
});

describe('info', () => {
  it('prints size and settings of an image', async () => {
    const path = join(await temporaryFolder(), 'image.png');
    await writeFile(path, withPngText(await image(64, 48, 0), 'parameters', infotext));
    const facts = JSON.parse((await runCommand('info', path, '--json')).stdout);
    expect(facts).toEqual({ type: 'image', path, format: 'png', width: 64, height: 48, infotext });
    const { stdout } = await runCommand('info', path);
    expect(stdout).toMatch(/^prompt +a red apple$/m);
    expect(stdout).toMatch(/^Seed +42$/m);
  });

  it('says when there are no settings', async () => {
    const path = join(await temporaryFolder(), 'image.webp');
    await writeFile(
      path,
      await sharp(await image(64, 48, 0))
        .webp()
        .toBuffer(),
    );
    expect((await runCommand('info', path)).stdout).toMatch(/no infotext/);
  });
});

describe('a reader that closes the pipe', () => {
  it('is no failure', async () => {
    const { child, result } = startCommand('codecs');
    child.stdout.destroy();
    expect(await result).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('codecs', () => {
  it('tries every codec', async () => {
    const { stdout } = await runCommand('codecs', '--json');
    const codecs = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(codecs).toContainEqual(expect.objectContaining({ name: 'x264', encoder: 'libx264', works: true }));
    expect((await runCommand('codecs')).stdout).toMatch(/^x264 .*works$/m);
  });
});

async function writeImages(folder: string, count: number): Promise<void> {
  for (let step = 1; step <= count; step += 1) {
    const text = `${infotext}, intermediate: ${String(step).padStart(3, '0')}`;
    const png = withPngText(await image(64, 48, step), 'parameters', text);
    await writeFile(join(folder, `0000${String(step).padStart(3, '0')}-42-a red apple.png`), png);
  }
}

function image(width: number, height: number, shade: number): Promise<Buffer> {
  const background = { r: 30 * shade, g: 80, b: 200 - 30 * shade };
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background, noise } })
    .png()
    .toBuffer();
}
