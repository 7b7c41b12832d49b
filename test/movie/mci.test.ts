import { describe, expect, it } from 'vitest';
import { type MovieSettings, trialSettings } from '#src/movie/messages.js';
import { writeMovie } from '#src/movie/movie-file.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import type { Picture } from '#src/pictures/picture.js';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const size = { width: 96, height: 64 };

/** Coloured waves of several lengths, moved to the right by so many pixels. */
function moved(pixels: number): Picture {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const u = x - pixels;
      const waves = [Math.sin(u / 1.9 + y / 9), Math.sin(u / 2.2 - y / 5), Math.cos(u / 2.5 + y / 7)];
      data.set(
        waves.map((wave) => 128 + 90 * wave),
        (y * size.width + x) * 3,
      );
    }
  }
  return { ...size, data };
}

const options = animationOptionsSchema.parse({ fps: 10, interpolation: 'mci', encoderSettings: 'crf=10' });
const plain: MovieSettings = { ...trialSettings(options, size), duration: 0.5, sources: 3 };

describe('interpolation by motion', () => {
  it.each([
    ['x264', 'crf=10'],
    ['prores_ks', 'tuned'],
    ['apng', 'tuned'],
  ] as const)('shows what moves at its place between two pictures, as %s', async (codec, encoderSettings) => {
    const folder = await temporaryFolder();
    const sources = [0, 5, 10].map((pixels) => ({ type: 'picture', picture: moved(pixels) }) as const);
    const frames = async (interpolation: 'mci' | 'blend') => {
      const settings = { ...plain, codec, encoderSettings, interpolation };
      return await decodeMovie((await writeMovie({ folder, stem: interpolation }, settings, sources)).path);
    };
    const [mci, blend] = [await frames('mci'), await frames('blend')];
    for (const [frame, pixels] of [
      [0, 0],
      [1, 2.5],
      [3, 7.5],
      [4, 10],
    ] as const) {
      const truth = moved(pixels);
      const [follows, fades] = [mci[frame] ?? truth, blend[frame] ?? truth].map((picture) => ssim(picture, truth));
      expect(follows).toBeGreaterThan(0.85);
      if (pixels % 5 !== 0) expect(follows).toBeGreaterThan((fades ?? 1) + 0.05);
    }
  });

  it('is the smooth way where pictures change in place', async () => {
    const folder = await temporaryFolder();
    const texture = moved(0).data.map((_, index) => (index * 2654435761) % 251);
    const sources = [0, 0.5, 0.75, 0.875, 0.9375].map((share) => {
      const data = texture.map((value) => 128 + (value - 128) * share);
      return { type: 'picture', picture: { ...size, data } } as const;
    });
    const frames = async (interpolation: 'mci' | 'smooth' | 'blend') => {
      const settings = {
        ...plain,
        codec: 'apng',
        encoderSettings: 'tuned',
        interpolation,
        sources: sources.length,
        duration: 0.9,
      } as const;
      return await decodeMovie((await writeMovie({ folder, stem: interpolation }, settings, sources)).path);
    };
    const mci = await frames('mci');
    expect(mci).toEqual(await frames('smooth'));
    expect(mci).not.toEqual(await frames('blend'));
  });

  it('fades between pictures too small to find motion in', async () => {
    const folder = await temporaryFolder();
    const small = { width: 8, height: 8 };
    const sources = [0, 255].map((value) => {
      return { type: 'picture', picture: { ...small, data: new Uint8Array(8 * 8 * 3).fill(value) } } as const;
    });
    const settings = { ...plain, ...small, sources: 2, duration: 0.3 };
    const frames = await decodeMovie((await writeMovie({ folder, stem: 'small' }, settings, sources)).path);
    expect(Math.abs((frames[1]?.data[0] ?? 0) - 128)).toBeLessThan(4);
  });
});
