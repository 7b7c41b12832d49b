import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { probeMovie } from '#src/movie/probe.js';
import { readPicture } from '#src/pictures/picture-files.js';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { runCommand } from './run-command.js';

const prompt = ['txt2img', 'a red apple', '--steps', '30', '--duration', '6', '--seed', '42', '--json'];

describe('a red apple from the embedded model', () => {
  it('becomes a movie of exactly six seconds that ends on the finished image, the same each time', async () => {
    const hashes = [];
    for (let run = 0; run < 2; run++) {
      const { stdout, exitCode } = await runCommand(...prompt, '--outdir', await temporaryFolder());
      expect(exitCode).toBe(0);
      const { path, image, frames, duration, steps } = JSON.parse(stdout);
      expect({ frames, duration, steps }).toEqual({ frames: 180, duration: 6, steps: 30 });
      const facts = await probeMovie(path);
      expect(facts).toMatchObject({ codec: 'h264', pixelFormat: 'yuv420p', bt709: true, frames: 180, duration: 6 });
      const bytes = (await readFile(path)).toString('latin1');
      expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
      const picture = await readPicture(image);
      const decoded = await decodeMovie(path);
      expect(decoded).toHaveLength(180);
      expect(ssim(decoded.at(-1) ?? picture, picture)).toBeGreaterThanOrEqual(0.97);
      expect(ssim(decoded[0] ?? picture, picture)).toBeLessThan(0.9);
      hashes.push(createHash('sha256').update(picture.data).digest('hex'));
    }
    expect(hashes[0]).toBe(hashes[1]);
  });
});
