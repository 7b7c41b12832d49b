import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspectFile } from '#src/app/inspect-file.js';
import { PictureSources } from '#src/app/picture-sources.js';
import { type MovieFrame, movieFrames } from '#src/movie/decode.js';
import { frameCounts } from '#src/movie/frame-times.js';
import { MovieWriter } from '#src/movie/writer.js';
import { codecs } from '#src/options/codecs.js';
import { plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const [width, height, fps] = [64, 48, 10];
/** Luma of a frame of the movie. */
const lumaOf = (frame: number) => 30 + frame * 30;

/** Five frames, each lighter than the one before, with a white mark in the corner at the top left. */
async function write(): Promise<string> {
  const path = join(await temporaryFolder(), 'movie.mp4');
  const format = { codec: codecs.x264, encoderOptions: { preset: 'medium', qp: '0' }, width, height, fps, tags: {} };
  await using writer = await MovieWriter.open(path, format);
  for (let frame = 0; frame < 5; frame++) {
    const planes = Buffer.alloc(width * height * 1.5, 128);
    planes.fill(lumaOf(frame), 0, width * height);
    for (let row = 0; row < 16; row++) planes.fill(235, row * width, row * width + 16);
    await writer.write(planes);
  }
  await writer.close();
  return path;
}

/** Changes the bytes of the box of a type, which follow its type. */
async function change(path: string, type: string, edit: (content: Buffer) => void): Promise<string> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(type);
  expect(at).toBeGreaterThan(0);
  edit(bytes.subarray(at + 4));
  await writeFile(path, bytes);
  return path;
}

async function framesOf(path: string): Promise<MovieFrame[]> {
  const frames = [];
  for await (const frame of movieFrames(path)) frames.push(frame);
  return frames;
}

/** The corner in which the mark is. */
function markOf({ width, height, data }: MovieFrame): string {
  const isWhite = (x: number, y: number) => (data[(y * width + x) * 3] ?? 0) > 230;
  const corners = { 'top left': [4, 4], 'top right': [width - 5, 4], 'bottom left': [4, height - 5] } as const;
  return Object.entries(corners).find(([, [x, y]]) => isWhite(x, y))?.[0] ?? 'bottom right';
}

/** 1 in the fixed-point numbers of a display matrix. */
const one = 1 << 16;

describe('a movie is read as players show it', () => {
  it.each([
    ['as it is', [one, 0, 0, one], [64, 48], 'top left'],
    ['turned by 90°', [0, one, -one, 0], [48, 64], 'top right'],
    ['turned by 180°', [-one, 0, 0, -one], [64, 48], 'bottom right'],
    ['turned by 270°', [0, -one, one, 0], [48, 64], 'bottom left'],
    ['mirrored', [-one, 0, 0, one], [64, 48], 'top right'],
    ['upside down', [one, 0, 0, -one], [64, 48], 'bottom left'],
    ['mirrored and turned', [0, one, one, 0], [48, 64], 'top left'],
    ['mirrored and turned the other way', [0, -one, -one, 0], [48, 64], 'bottom right'],
  ] as const)('%s', async (_, [a, b, c, d], size, mark) => {
    const path = await change(await write(), 'tkhd', (content) => {
      const places = { 40: a, 44: b, 52: c, 56: d };
      for (const [at, value] of Object.entries(places)) content.writeInt32BE(value, Number(at));
    });
    const [first] = await framesOf(path);
    expect([first?.width, first?.height]).toEqual(size);
    expect(first && markOf(first)).toBe(mark);
    await using sources = await PictureSources.find([path]);
    expect(sources.sequences[0]).toMatchObject({ width: size[0], height: size[1] });
    expect(await inspectFile(path)).toMatchObject({ type: 'movie', width: size[0], height: size[1] });
  });

  it('with pixels that are not square', async () => {
    const path = await change(await write(), 'pasp', (content) => content.writeUInt32BE(2, 0));
    expect((await framesOf(path))[0]).toMatchObject({ width: 128, height: 48 });
    expect(await inspectFile(path)).toMatchObject({ width: 128, height: 48 });
  });

  it('without what its edit list leaves out', async () => {
    const path = await write();
    const bytes = await readFile(path);
    const timescale = bytes.readUInt32BE(bytes.indexOf('mdhd') + 16);
    await change(path, 'elst', (content) => content.writeInt32BE(content.readInt32BE(12) + (2 * timescale) / fps, 12));
    const levels = (await framesOf(path)).map(({ data }) => data[(40 * width + 40) * 3] ?? 0);
    const lumas = levels.map((level) => Math.round(((level * 219) / 255 + 16) / 10) * 10);
    expect(lumas).toEqual([2, 3, 4].map(lumaOf));
  });

  it('with its transparency, which becomes black', async () => {
    const path = join(await temporaryFolder(), 'half.webm');
    await writeFile(path, Buffer.from(halfTransparentRed, 'base64'));
    const frames = await framesOf(path);
    expect(frames).toHaveLength(2);
    for (const { data } of frames) expect(Math.abs((data[0] ?? 0) - 128)).toBeLessThan(6);
  });

  it('with frames for as long as each is shown', async () => {
    const pages = [50, 150, 250].map((red) => {
      const { data } = plain(16, 12, red, 0, 0);
      return sharp(data, { raw: { width: 16, height: 12, channels: 3 } })
        .png()
        .toBuffer();
    });
    const path = join(await temporaryFolder(), 'a.gif');
    const animated = sharp(await Promise.all(pages), { join: { animated: true } });
    await animated.gif({ delay: [100, 300, 100] }).toFile(path);
    await using sources = await PictureSources.find([path]);
    const files = sources.sequences[0]?.pictures.map((picture) => (picture.type === 'file' ? picture.path : '')) ?? [];
    expect(files.map((file) => [...new Set(files)].indexOf(file))).toEqual([0, 1, 1, 1, 2]);
  });
});

describe('frame counts', () => {
  const timed = (...durations: number[]) =>
    durations.map((duration, index) => {
      return { time: durations.slice(0, index).reduce((sum, each) => sum + each, 0), duration };
    });
  const unknown = { time: Number.NaN, duration: 0 };

  it.each([
    ['a constant rate', timed(0.1, 0.1, 0.1), [1, 1, 1]],
    ['rounded times', timed(0.02, 0.03, 0.02, 0.03), [1, 1, 1, 1]],
    ['a long frame', timed(0.04, 0.04, 1, 0.04), [1, 1, 25, 1]],
    ['a last frame of unknown duration', timed(0.1, 0.1, 0), [1, 1, 1]],
    ['unknown times', [unknown, unknown], [1, 1]],
    ['one frame', timed(5), [1]],
  ])('are right for %s', (_, frames, counts) => {
    expect(frameCounts(frames)).toEqual(counts);
  });

  it('are bounded', () => {
    const counts = frameCounts(timed(0.001, 3600, 3600));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(10_001);
  });
});

/** Two frames of 16×16 in VP9 with an alpha channel, made by `ffmpeg -f lavfi -i color=red@0.5 -pix_fmt yuva420p`. */
const halfTransparentRed =
  'GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYECGFOAZwEAAAAAAAJNEU2bdLpNu4tTq4QVSalmU6yBoU27i1OrhBZUrmtTrIHYTb' +
  'uMU6uEElTDZ1OsggEiTbuMU6uEHFO7a1OsggI37AEAAAAAAABZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVSalmsirXsYMPQkBNgI1MYXZmNTkuMjcuMTAwV0GNTGF2ZjU5Lj' +
  'I3LjEwMESJiEB5AAAAAAAAFlSua8WuAQAAAAAAADzXgQFzxYjomsxrNRbia5yBACK1nIN1bmSIgQCGhVZfVlA5g4EBI+ODhAvrwgDgjbCBELqB' +
  'EJqBAlPAgQESVMNnQIFzc6BjwIBnyJpFo4dFTkNPREVSRIeNTGF2ZjU5LjI3LjEwMHNz22PAi2PFiOiazGs1FuJrZ8ilRaOHRU5DT0RFUkSHmE' +
  'xhdmM1OS4zNy4xMDAgbGlidnB4LXZwOWfIokWjiERVUkFUSU9ORIeUMDA6MDA6MDAuNDAwMDAwMDAwAAAfQ7Z1QIjngQCgz6GrgQAAAIJJg0IA' +
  'APAA9gA4JBwYSgAAMGAAABC///cdr////1/f////8irAAHWhn6ad7oEBpZiCSYNCAADwAPYAOCQcGEoAADBgAABCcACgsqGTgQDIAIYAQJKcAF' +
  'AAAAMgAABCQHWhlqaU7oEBpY+GAECSnABQAAADIAAAQkD7gv84HFO7a5G7j7OBALeK94EB8YIBqfCBAw==' +
  '';
