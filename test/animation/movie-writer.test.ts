import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codecs } from '#dist/animation/codecs.js';
import { MovieWriter } from '#dist/animation/movie-writer.js';
import { decodeMovie, fromPlanes } from '../helpers/movies.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const [width, height] = [64, 48];
const codec = codecs.x264;
const lossless = { preset: 'medium', qp: '0' };

describe('movie writer', () => {
  it('encodes exactly the frames it is given, though their memory is used again at once', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'movie.mp4');
    const planes = new Uint8Array((width * height * 3) / 2);
    const written = [];
    await using writer = await MovieWriter.open(path, {
      codec,
      encoderOptions: lossless,
      width,
      height,
      fps: 30,
      tags: {},
    });
    for (let frame = 0; frame < 80; frame++) {
      planes.forEach((_, index) => {
        planes[index] = 16 + ((index * 7 + frame * 29) % 200);
      });
      written.push(fromPlanes(planes, width, height));
      await writer.write(planes);
    }
    await writer.close();
    expect(await decodeMovie(path)).toEqual(written);
  });

  it('says what the encoder refuses', async () => {
    const folder = await temporaryFolder();
    const encoderOptions = { preset: 'very-very-slow' };
    const opened = MovieWriter.open(join(folder, 'movie.mp4'), {
      codec,
      encoderOptions,
      width,
      height,
      fps: 30,
      tags: {},
    });
    await expect(opened).rejects.toMatchObject({ code: 'encoder', message: expect.stringContaining('libx264') });
  });

  it('says where it could not write', async () => {
    const path = join('/proc', 'movie.mp4');
    const opened = MovieWriter.open(path, { codec, encoderOptions: lossless, width, height, fps: 30, tags: {} });
    await expect(opened).rejects.toMatchObject({ code: 'output', message: expect.stringContaining(path) });
  });
});
