import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { emerging } from '../helpers/pictures.js';
import { smallDisk } from '../helpers/small-disk.js';
import { end, rawImage, rawStep, start } from '../helpers/stream.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { record } from './run-command.js';

const size = { width: 256, height: 256 };
/** Pictures that PNG cannot make small. */
function noisy(seed: number) {
  const picture = emerging(size.width, size.height, 1);
  let state = seed + 1;
  picture.data.forEach((value, index) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    picture.data[index] = value ^ (state >> 16);
  });
  return picture;
}

describe('a full disk', () => {
  it.each([
    ['while steps are saved', 500, 20],
    ['while the movie is written', 2700, 12],
  ])('%s keeps what is there and says what to do', async (_, kibibytes, steps) => {
    const outdir = await smallDisk(kibibytes);
    if (outdir === undefined) return console.log('not tested: no right to mount a small file system');
    const messages = Array.from({ length: steps }, (_, index) => rawStep(index + 1, noisy(index)));
    const input = [start(steps, [{ seed: 1, prompt: 'x', ...size }]), ...messages, rawImage(noisy(99)), end];
    const options = ['--outdir', outdir, '--codec', 'apng', '--fps', '10'];
    const { exitCode, stderr, results } = await record(input, ...options);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error: .*(space|No space).*kept in .*to try again: steps-animation render .*--codec apng/s);
    expect(results.map(({ type }) => type)).toEqual(['error']);
    const folder = join(outdir, 'txt2img-images');
    const kept = (await readdir(join(folder, 'intermediate'))).filter((name) => name.endsWith('.png'));
    expect(kept.length).toBeGreaterThan(0);
    for (const name of kept) await sharp(join(folder, 'intermediate', name)).stats();
    expect(await readdir(join(folder, 'animation'))).toEqual([]);
  });
});

describe('an encoder that fails', () => {
  it('is found out before the first step', async () => {
    const outdir = await temporaryFolder();
    const options = ['--outdir', outdir, '--encoder-settings', 'none-such=1'];
    const { exitCode, stderr } = await record([start(2), end], ...options);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/libx264 has no such setting: none-such/);
  });

  it('in the middle of the run leaves the steps, and the command to try again', async () => {
    const outdir = await temporaryFolder();
    const steps = [1, 2, 3].map((step) => rawStep(step, emerging(64, 48, step / 3)));
    // The finished image is larger than the encoder can take, which nobody could know before.
    const huge = { width: 16_384, height: 2, data: new Uint8Array(16_384 * 2 * 3) };
    const wide = rawImage(huge);
    const { exitCode, stderr, results } = await record(
      [start(3), ...steps, wide, end],
      '--outdir',
      outdir,
      '--codec',
      'svt-av1',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/3 intermediate images are kept in .*--codec svt-av1/);
    expect(results.at(-1)).toMatchObject({ type: 'error' });
  });
});
