import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type FinishedMovie, type MovieSettings, trialSettings } from '#src/movie/messages.js';
import { MovieFile, tryCodec, writeMovie } from '#src/movie/movie-file.js';
import { probeMovie } from '#src/movie/probe.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { type CodecName, codecRow, codecs } from '#src/options/codecs.js';
import type { Picture } from '#src/pictures/picture.js';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { emerging } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const size = { width: 64, height: 48 };
const names = Object.keys(codecs) as CodecName[];
const pictures = (sources: number) =>
  Array.from({ length: sources }, (_, index) => emerging(size.width, size.height, (index + 1) / sources));

const plain: MovieSettings = { ...trialSettings(animationOptionsSchema.parse({ fps: 10 }), size), sources: 5 };

const combinations = fc.record({
  codec: fc.constantFrom(...names),
  sources: fc.integer({ min: 1, max: 30 }),
  duration: fc.integer({ min: 5, max: 25 }).map((tenths) => tenths / 10),
  fps: fc.integer({ min: 1, max: 60 }),
  interpolation: fc.constantFrom('none' as const, 'blend' as const, 'smooth' as const, 'mci' as const),
  loop: fc.constantFrom('none' as const, 'boomerang' as const),
  pacing: fc.constantFrom('linear' as const, 'even' as const),
  firstFrameDuration: fc.constantFrom(0, 0, 0.3, 1),
  lastFrameDuration: fc.constantFrom(0, 0, 0.3, 1),
});

async function framesOf(path: string): Promise<Picture[]> {
  if (!path.endsWith('.webp')) return await decodeMovie(path);
  const { pages = 1 } = await sharp(path, { animated: true }).metadata();
  return await Promise.all(Array.from({ length: pages }, (_, page) => pageOf(path, page)));
}

async function pageOf(path: string, page: number): Promise<Picture> {
  const { data, info } = await sharp(path, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

async function writeLive(folder: string, settings: MovieSettings, sources: Picture[]): Promise<FinishedMovie> {
  await using movie = await MovieFile.openLive({ folder, stem: 'live' }, settings, 100);
  for (const picture of sources) await movie.add(picture);
  return await movie.close();
}

async function write(folder: string, settings: MovieSettings): Promise<FinishedMovie> {
  const sources = pictures(settings.sources).map((picture) => ({ type: 'picture', picture }) as const);
  return await writeMovie({ folder, stem: settings.codec }, settings, sources);
}

describe('a hold', () => {
  const edges: Picture = {
    ...size,
    data: emerging(size.width, size.height, 1).data.map((level) => (level > 150 ? 250 : 10)),
  };
  const errorOf = async (codec: CodecName, encoderSettings: string) => {
    const settings = { ...plain, codec, encoderSettings, lastFrameDuration: 0.5, firstFrameDuration: 0.5 };
    const live = codecRow(codec).joins
      ? await writeLive(await temporaryFolder(), settings, [...pictures(4), edges])
      : null;
    if (!live) throw new Error('not live');
    const frames = await decodeMovie(live.path);
    expect(frames).toHaveLength(20);
    return [0, -1].map((at) => {
      const shown = frames.at(at)?.data ?? new Uint8Array();
      return shown.reduce((sum, level, index) => sum + (level - (edges.data[index] ?? 0)) ** 2, 0);
    });
  };

  it.each(['x264', 'x265', 'vpx-vp9', 'svt-av1'] as const)('of %s shows the finished image better', async (codec) => {
    const tuned = Object.entries(codecs[codec].tuned).map((pair) => pair.join('='));
    // The original settings, changed to the tuned ones: the same, but for the holds.
    const [first = 0, last = 0] = await errorOf(codec, ['original', ...tuned].join(','));
    const [betterFirst = 0, betterLast = 0] = await errorOf(codec, 'tuned');
    expect(betterFirst).toBeLessThan(first);
    expect(betterLast).toBeLessThan(0.95 * last);
  });
});

describe('every codec', () => {
  it('has exactly the wanted frames and ends on the finished image, whatever the options', async () => {
    const folder = await temporaryFolder();
    await fc.assert(
      fc.asyncProperty(combinations, async (combination) => {
        const settings = { ...plain, ...combination };
        const { sources, duration, firstFrameDuration, lastFrameDuration } = settings;
        const { path, frames, fps } = await write(folder, settings);
        const expected =
          Math.max(Math.round(duration * fps), sources > 1 ? 2 : 1) +
          Math.round(firstFrameDuration * fps) +
          Math.round(lastFrameDuration * fps);
        expect(fps).toBe(settings.codec === 'gif' ? Math.min(settings.fps, 50) : settings.fps);
        expect(frames).toBe(expected);
        const decoded = await framesOf(path);
        expect(decoded).toHaveLength(expected);
        const finished = emerging(size.width, size.height, 1);
        const alike = settings.codec === 'gif' ? 0.6 : 0.9;
        expect(ssim(decoded.at(-1) ?? finished, finished)).toBeGreaterThan(alike);
        if (firstFrameDuration > 0 && Math.round(firstFrameDuration * fps) > 0) {
          expect(ssim(decoded[0] ?? finished, finished)).toBeGreaterThan(alike);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(names)('%s makes movies of one and of two frames, each time', async (codec) => {
    const folder = await temporaryFolder();
    for (let time = 0; time < 20; time++) {
      for (const sources of [1, 2]) {
        const { path, frames } = await write(folder, { ...plain, codec, sources, fps: 1, duration: 1 });
        expect(frames).toBe(sources);
        expect(await framesOf(path)).toHaveLength(sources);
      }
    }
  });

  it.each(names.filter((name) => codecs[name].streams))('%s gives the same movie live', async (codec) => {
    const folder = await temporaryFolder();
    const firstFrameDuration = codecs[codec].joins ? 0.4 : 0;
    const settings = { ...plain, codec, fps: 20, firstFrameDuration, lastFrameDuration: 0.5 };
    const after = await framesOf((await write(folder, settings)).path);
    const live = await framesOf((await writeLive(folder, settings, pictures(settings.sources))).path);
    expect(live).toHaveLength(after.length);
    for (const [index, frame] of live.entries()) {
      expect(ssim(frame, after[index] ?? emerging(size.width, size.height, 0))).toBeGreaterThan(0.95);
    }
  });

  it.each([
    ['x264', 'qp=0', 6],
    ['apng', 'tuned', 0],
    ['webp', 'lossless=1', 0],
    ['prores_ks', 'tuned', 6],
    ['gif', 'tuned', 40],
  ] as const)('%s with %s keeps the colours', async (codec, encoderSettings, tolerance) => {
    const folder = await temporaryFolder();
    const { path } = await write(folder, { ...plain, codec, encoderSettings });
    const last = (await framesOf(path)).at(-1);
    const finished = emerging(size.width, size.height, 1);
    // Away from edges, where chroma is shared between pixels.
    for (const [x, y] of [
      [32, 24],
      [3, 40],
      [60, 3],
    ] as const) {
      for (const channel of [0, 1, 2]) {
        const at = (y * size.width + x) * 3 + channel;
        expect(Math.abs((last?.data[at] ?? 0) - (finished.data[at] ?? 0))).toBeLessThanOrEqual(tolerance);
      }
    }
  });

  it.each([
    ['x264', 'h264', 'yuv420p'],
    ['x265', 'hevc', 'yuv420p'],
    ['vpx-vp9', 'vp9', 'yuv420p'],
    ['svt-av1', 'av1', 'yuv420p'],
    ['prores_ks', 'prores', 'yuv422p10le'],
  ] as const)('%s plays in common players', async (codec, name, pixelFormat) => {
    const folder = await temporaryFolder();
    const odd = { width: 63, height: 47 };
    const { path, width, height } = await write(folder, { ...plain, ...odd, codec });
    // Made even by repeating the edge, never by cropping.
    expect([width, height]).toEqual([64, 48]);
    expect(await probeMovie(path)).toMatchObject({ codec: name, pixelFormat, bt709: true, fps: 10 });
    const bytes = (await readFile(path)).toString('latin1');
    if (!path.endsWith('.webm')) expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    if (codec === 'x265') expect(bytes).toContain('hvc1');
    const frames = await decodeMovie(path);
    const edge = frames.at(-1);
    for (let y = 0; y < 47; y++) {
      const [inner, outer] = [62, 63].map((x) => edge?.data[(y * 64 + x) * 3] ?? 0);
      expect(Math.abs((inner ?? 0) - (outer ?? 0))).toBeLessThan(24);
    }
  });

  it('prores_ks shows the right frames with any number of threads', async () => {
    const folder = await temporaryFolder();
    const sources = 40;
    const settings = { ...plain, codec: 'prores_ks', sources, duration: 4, interpolation: 'none' } as const;
    const { path } = await write(folder, { ...settings, encoderSettings: 'threads=12' });
    for (const [index, frame] of (await decodeMovie(path)).entries()) {
      expect(ssim(frame, emerging(size.width, size.height, (index + 1) / sources))).toBeGreaterThan(0.97);
    }
  });

  it('never shows another picture in place of one that could not be added', async () => {
    const folder = await temporaryFolder();
    await using movie = await MovieFile.openLive({ folder, stem: 'broken' }, plain, 100);
    const [first, second, third] = pictures(5);
    if (first && second && third) {
      await movie.add(first);
      await expect(movie.add({ ...second, data: second.data.subarray(0, 99) })).rejects.toThrow();
      await expect(movie.add(third)).rejects.toMatchObject({ code: 'encoder' });
    }
    await expect(movie.close()).rejects.toMatchObject({ code: 'encoder' });
  });

  it.each([
    ['gif', 'GIF89a'],
    ['webp', 'WEBP'],
    ['apng', 'acTL'],
  ] as const)('%s loops and keeps an odd size', async (codec, mark) => {
    const folder = await temporaryFolder();
    const { path, width, height } = await write(folder, { ...plain, width: 63, height: 47, codec });
    expect([width, height]).toEqual([63, 47]);
    expect((await readFile(path)).toString('latin1')).toContain(mark);
    if (codec !== 'apng') expect((await sharp(path, { animated: true }).metadata()).loop).toBe(0);
  });
});

describe('the sizes in the codec table', () => {
  const trial = (codec: CodecName, width: number, height: number) =>
    tryCodec(trialSettings(animationOptionsSchema.parse({ codec }), { width, height }));

  it.each(names)('are those that the encoder of %s takes', async (codec) => {
    const { minSide = 2, maxSide = 2 ** 15, maxHeight = maxSide } = codecRow(codec);
    await trial(codec, minSide, minSide);
    // Even sides: the others are filled up.
    const [most, highest] = [maxSide - (maxSide % 2), maxHeight - (maxHeight % 2)];
    await trial(codec, most, 64);
    await trial(codec, 64, highest);
    if (codecRow(codec).maxSide !== undefined) {
      await expect(trial(codec, most + 2, 64)).rejects.toMatchObject({ code: 'usage' });
      await expect(trial(codec, 64, highest + 2)).rejects.toMatchObject({ code: 'usage' });
    }
    if (minSide > 2) await expect(trial(codec, 64, minSide - 2)).rejects.toMatchObject({ code: 'usage' });
  });
});
