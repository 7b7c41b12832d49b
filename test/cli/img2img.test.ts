import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { emerging, plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand } from './run-command.js';

const model = fileURLToPath(new URL('../diffusion/fixtures/pipelines/sd15', import.meta.url));

async function save(path: string, { width, height, data }: ReturnType<typeof plain>): Promise<string> {
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
}

async function img2img(picture: string, ...more: string[]) {
  const outdir = await temporaryFolder();
  const size = ['--model', model, '--width', '64', '--height', '64'];
  const args = [
    'img2img',
    picture,
    'a red fox',
    ...size,
    '--steps',
    '6',
    '--seed',
    '3',
    '--duration',
    '1',
    '--min-size',
    '0',
  ];
  return { outdir, ...(await runCommand(...args, '--outdir', outdir, '--json', ...more)) };
}

describe('img2img', () => {
  it.each(['png', 'jpg', 'webp'])('goes from a %s file to a movie that begins with it', async (extension) => {
    const sketch = emerging(96, 96, 1);
    const path = await save(join(await temporaryFolder(), `sketch.${extension}`), sketch);
    const { stdout, outdir } = await img2img(path, '--denoising-strength', '0.5', '--start-frame');
    const movie = JSON.parse(stdout);
    expect(movie).toMatchObject({ width: 64, height: 64, frames: 30, steps: 5 });
    expect(movie.path).toBe(join(outdir, 'img2img-images', 'animation', '3-a red fox.mp4'));
    const [first] = await decodeMovie(movie.path);
    expect(ssim(first ?? plain(64, 64, 0, 0, 0), emerging(64, 64, 1))).toBeGreaterThan(0.9);
  });

  it('leaves as it is what is black in the mask', async () => {
    const folder = await temporaryFolder();
    const sketch = await save(join(folder, 'sketch.png'), plain(64, 64, 200, 30, 60));
    const mask = await save(join(folder, 'mask.png'), plain(64, 64, 0, 0, 0));
    const { stdout } = await img2img(sketch, '--mask', mask, '--denoising-strength', '1');
    const [red, green, blue] = (await sharp(JSON.parse(stdout).image).stats()).channels;
    expect([red?.mean, green?.mean, blue?.mean]).toEqual([200, 30, 60]);
  });

  it.each([
    ['a picture that is not there', ['missing.png'], /missing\.png/u],
    ['a mask that is not there', ['sketch.png', '--mask', 'missing.png'], /missing\.png/u],
    ['a mask of another size', ['sketch.png', '--mask', 'small.png'], /32x32.*64x64/u],
    ['a file that is no picture', ['text.png'], /text\.png/u],
    ['a strength above 1', ['sketch.png', '--denoising-strength', '2'], /--denoising-strength.*"2"/u],
    ['a device that there is not', ['sketch.png', '--device', 'abacus'], /--device.*abacus.*cuda/u],
  ])('refuses %s in one line, before it samples', async (_, args, message) => {
    const folder = await temporaryFolder();
    await save(join(folder, 'sketch.png'), plain(64, 64, 200, 30, 60));
    await save(join(folder, 'small.png'), plain(32, 32, 255, 255, 255));
    await writeFile(join(folder, 'text.png'), 'no picture');
    const [picture = '', ...more] = args.map((arg) => (arg.endsWith('.png') ? join(folder, arg) : arg));
    const { stdout, stderr, exitCode } = await img2img(picture, ...more);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(exitCode).not.toBe(0);
  });
});
