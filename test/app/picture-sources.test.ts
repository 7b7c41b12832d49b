import { appendFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspectFile, readInfotext } from '#src/app/inspect-file.js';
import { PictureSources } from '#src/app/picture-sources.js';
import { render } from '#src/index.js';
import { readImageHead } from '#src/infotext/infotext-files.js';
import { parseInfotext } from '#src/infotext/parse-infotext.js';
import { withPngText } from '#src/infotext/png.js';
import type { Picture } from '#src/pictures/picture.js';
import { encodePicture } from '#src/pictures/picture-files.js';
import { readPictures } from '#src/pictures/picture-source.js';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { emerging, plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const infotext = 'a red apple 🍎, "on a table"\nNegative prompt: ünschön\nSteps: 3, Sampler: Euler a, Seed: 42';

const settings = 'Steps: 3, Sampler: Euler a, Seed: 42';

async function save(path: string, picture: Picture, text = ''): Promise<string> {
  const type = path.endsWith('.jpg') ? 'jpg' : path.endsWith('.webp') ? 'webp' : 'png';
  await writeFile(path, await encodePicture(picture, text, { type, quality: 90 }));
  return path;
}

async function pixels(sources: PictureSources): Promise<Picture[]> {
  const pictures = [];
  for await (const picture of readPictures(sources.sequences.flatMap((sequence) => sequence.pictures))) {
    pictures.push(picture);
  }
  return pictures;
}

/** Adds 5 GiB to a file, more than Node can hold in one piece; they take no room on disk. */
async function enlarge(path: string): Promise<void> {
  const more = 5 * 2 ** 30;
  if (/\.(mp4|mov)$/.test(path)) await appendFile(path, freeBox(more));
  await truncate(path, (await stat(path)).size + more);
}

/** The head of a box that readers of MP4 pass over. */
function freeBox(bytes: number): Buffer {
  const head = Buffer.from([0, 0, 0, 1, ...Buffer.from('free'), 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(BigInt(head.length + bytes), 8);
  return head;
}

async function animated(path: string): Promise<string> {
  const frames = [50, 150, 250].map((red) => plain(16, 12, red, 0, 0));
  const inputs = frames.map(({ data }) => ({ raw: { width: 16, height: 12, channels: 3 as const, ...{} }, data }));
  const pages = await Promise.all(inputs.map(({ data, raw }) => sharp(data, { raw }).png().toBuffer()));
  await sharp(pages, { join: { animated: true } }).toFile(path);
  return path;
}

describe('sources of pictures', () => {
  it('may be patterns, in natural order', async () => {
    const folder = await temporaryFolder();
    for (const name of ['10', '9', '1']) await save(join(folder, `step ${name}.png`), plain(8, 8, Number(name), 0, 0));
    await using sources = await PictureSources.find([join(folder, 'step *.png')]);
    expect((await pixels(sources)).map(({ data }) => data[0])).toEqual([1, 9, 10]);
    await expect(PictureSources.find([join(folder, '*.jpg')])).rejects.toMatchObject({ code: 'input' });
  });

  it.each(['gif', 'webp'])('may be an animated %s', async (extension) => {
    const folder = await temporaryFolder();
    await using sources = await PictureSources.find([await animated(join(folder, `a.${extension}`))]);
    const reds = (await pixels(sources)).map(({ data }) => data[0] ?? 0);
    expect(reds.map((red) => Math.round(red / 50))).toEqual([1, 3, 5]);
    expect(sources.sequences[0]).toMatchObject({ width: 16, height: 12 });
  });

  it.each(['x264', 'vpx-vp9', 'prores_ks', 'apng', 'gif', 'webp'] as const)(
    'may be our own movie as %s',
    async (codec) => {
      const folder = await temporaryFolder();
      const steps = [0.2, 0.6, 1].map((progress, index) =>
        save(join(folder, `${index}.png`), emerging(64, 48, progress), infotext),
      );
      const animation = { look: 'classic' as const, codec, duration: 0.5, fps: 10, minSize: 0 };
      const { path } = await render({ sources: await Promise.all(steps), animation, outdir: folder });
      await using sources = await PictureSources.find([path]);
      const frames = await pixels(sources);
      expect(frames).toHaveLength(5);
      const finished = emerging(64, 48, 1);
      expect(ssim(frames.at(-1) ?? plain(64, 48, 0, 0, 0), finished)).toBeGreaterThan(codec === 'gif' ? 0.6 : 0.9);
      expect(sources.sequences[0]).toMatchObject({ infotext, seed: 42 });
    },
  );

  it.each(['x264', 'prores_ks'] as const)(
    'may be a movie larger than what Node can read in one piece, as %s',
    async (codec) => {
      const folder = await temporaryFolder();
      const steps = [0.5, 1].map((progress, index) =>
        save(join(folder, `${index}.png`), emerging(64, 48, progress), infotext),
      );
      const animation = { look: 'classic' as const, codec, duration: 0.5, fps: 10, minSize: 0 };
      const { path } = await render({ sources: await Promise.all(steps), animation, outdir: folder });
      await enlarge(path);
      await using sources = await PictureSources.find([path]);
      expect(sources.sequences[0]).toMatchObject({ infotext, seed: 42 });
      expect(await pixels(sources)).toHaveLength(5);
      expect(await inspectFile(path)).toMatchObject({ infotext, type: 'movie' });
    },
  );

  it.each(['png', 'apng', 'gif', 'jpg', 'webp'])('keep their infotext, however large they are, as %s', async (type) => {
    const folder = await temporaryFolder();
    const image = await save(join(folder, `image.${type === 'jpg' ? type : 'png'}`), emerging(64, 48, 1), infotext);
    const codec = (['apng', 'gif', 'webp'] as const).find((name) => name === type);
    const animation = codec && { look: 'classic' as const, codec, duration: 0.5, fps: 10 };
    const path = animation ? (await render({ sources: [image], animation, outdir: folder })).path : image;
    await enlarge(path);
    expect(await readInfotext(path)).toBe(infotext);
  });

  it('keep their infotext behind more chunks of other text than are worth reading', async () => {
    const folder = await temporaryFolder();
    const image = await save(join(folder, 'image.png'), emerging(32, 24, 1), infotext);
    let bytes: Uint8Array = await readFile(image);
    for (let chunk = 0; chunk < 3; chunk++) bytes = withPngText(bytes, 'workflow', 'x'.repeat(3 * 2 ** 20));
    await writeFile(image, bytes);
    const head = await readImageHead(image);
    expect(head.length).toBeLessThan(4.1 * 2 ** 20);
    expect(await readInfotext(image)).toBe(infotext);
  });

  it.each(['jpg', 'png', 'webp'])('keep a prompt of 60 000 characters of ASCII as %s', async (extension) => {
    const long = `${'a red apple '.repeat(5000)}\n${settings}`;
    const path = await save(join(await temporaryFolder(), `image.${extension}`), emerging(32, 24, 1), long);
    expect(await readInfotext(path)).toBe(long);
  });

  it.each(['リンゴ', '🍎', 'x'])('keep as much of a prompt of %s as JPEG can hold, and the settings', async (text) => {
    const prompt = text.repeat(70_000);
    const path = await save(join(await temporaryFolder(), 'image.jpg'), emerging(32, 24, 1), `${prompt}\n${settings}`);
    const kept = parseInfotext((await readInfotext(path)) ?? '');
    expect(kept.fields).toEqual(parseInfotext(settings).fields);
    const [start = '', end] = kept.prompt.split('...');
    expect(prompt.startsWith(start) && !/\p{Cs}/u.test(start)).toBe(true);
    expect(start.length).toBeGreaterThan(32_000);
    expect(end).toBe('');
  });

  it.each(['png', 'jpg', 'webp'])('keep their infotext as %s', async (extension) => {
    const folder = await temporaryFolder();
    const path = await save(join(folder, `image.${extension}`), emerging(32, 24, 1), infotext);
    await using sources = await PictureSources.find([path]);
    expect(sources.sequences[0]).toMatchObject({ infotext, seed: 42, width: 32, height: 24 });
    const [picture] = await pixels(sources);
    expect(ssim(picture ?? plain(32, 24, 0, 0, 0), emerging(32, 24, 1))).toBeGreaterThan(0.9);
  });

  it('of different sizes are fitted to the first, or to the size that is wanted, whole and in the middle', async () => {
    const folder = await temporaryFolder();
    const sources = [
      await save(join(folder, '1.png'), plain(64, 32, 200, 200, 200)),
      await save(join(folder, '2.jpg'), plain(32, 32, 200, 200, 200)),
      await save(join(folder, '3.webp'), plain(1, 1, 200, 200, 200)),
    ];
    const animation = { look: 'classic' as const, duration: 0.5, fps: 10, interpolation: 'none' as const, minSize: 0 };
    const first = await render({ sources, animation, outdir: folder });
    expect(first).toMatchObject({ width: 64, height: 32 });
    const wanted = await render({ sources, animation: { ...animation, size: '96x96' }, outdir: folder });
    expect(wanted).toMatchObject({ width: 96, height: 96 });
    const last = (await decodeMovie(first.path)).at(-1);
    const red = (x: number) => last?.data[(16 * 64 + x) * 3] ?? 0;
    expect([red(2) < 20, red(32) > 180, red(61) < 20]).toEqual([true, true, true]);
  });

  it('can be put side by side, labelled with what differs', async () => {
    const folder = await temporaryFolder();
    const image = async (name: string, seed: number, red: number) =>
      await save(join(folder, name), plain(64, 64, red, 0, 0), infotext.replace('42', String(seed)));
    const [a, b] = [await temporaryFolder(), await temporaryFolder()];
    for (const [index, red] of [50, 100, 200].entries())
      await save(join(a, `${index}.png`), plain(64, 64, red, 0, 0), infotext);
    for (const [index, red] of [0, 200].entries()) {
      await save(join(b, `${index}.png`), plain(64, 64, red, 0, 0), infotext.replace('42', '43'));
    }
    await image('unused.png', 1, 1);
    const animation = { look: 'classic' as const, duration: 0.5, fps: 10, minSize: 0 };
    const grid = await render({ sources: [a, b], animation, outdir: folder, sideBySide: true });
    expect(grid).toMatchObject({ width: 128, height: 80, frames: 5, seed: null });
    const frames = await decodeMovie(grid.path);
    const red = (frame: number, x: number, y: number) => frames.at(frame)?.data[(y * 128 + x) * 3] ?? 0;
    expect(red(0, 32, 32)).toBeCloseTo(50, -1);
    expect(red(0, 96, 32)).toBeCloseTo(0, -1);
    for (const x of [32, 96]) expect(red(-1, x, 32)).toBeCloseTo(200, -1);
    // The labels: light letters on dark.
    const label = Array.from({ length: 64 * 14 }, (_, index) => red(-1, index % 64, 65 + Math.floor(index / 64)));
    expect(Math.max(...label)).toBeGreaterThan(120);
  });

  it.each(['x264', 'vpx-vp9', 'apng', 'gif', 'webp'] as const)(
    'of a long prompt make a whole movie as %s',
    async (codec) => {
      const folder = await temporaryFolder();
      const long = `${'long '.repeat(1000)}🍎\nSteps: 2, Seed: 1, CFG scale: 7`;
      const steps = [0, 1].map((step) => save(join(folder, `${step}.png`), emerging(32, 32, step), long));
      const { path, frames } = await render({
        sources: await Promise.all(steps),
        animation: { look: 'classic', codec, duration: 1, fps: 10 },
        outdir: folder,
      });
      expect(frames).toBe(10);
      const facts = await inspectFile(path);
      expect(facts.infotext).toBe(long);
      expect(facts.duration).toBeCloseTo(1, 1);
    },
  );

  it('that are broken are named', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.png'), 'no image');
    await writeFile(join(folder, 'a.mp4'), 'no movie');
    await writeFile(join(folder, 'notes.txt'), 'hello\n'.repeat(100));
    for (const name of ['a.png', 'a.mp4', 'notes.txt']) {
      const found = PictureSources.find([join(folder, name)]);
      await expect(found).rejects.toMatchObject({ code: 'input', message: expect.stringContaining(name) });
    }
    await expect(PictureSources.find([await temporaryFolder()])).rejects.toThrow(/no PNG, JPEG or WebP/);
  });

  it('of seeds that are not there are refused, naming those that are', async () => {
    const folder = await temporaryFolder();
    await save(join(folder, '0000001-42-x.png'), plain(8, 8, 0, 0, 0));
    const found = PictureSources.find([folder], { runs: [43] });
    await expect(found).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(/43.*42/) });
  });

  it.each([
    ['1063845723845723845', '1063845723845723845', '1063845723845723845-a cat.mp4'],
    ['18446744073709551615', '18446744073709551615', '18446744073709551615-a cat.mp4'],
    ['42', 42, '42-a cat.mp4'],
    ['random', null, 'cats.mp4'],
    ['', null, 'cats.mp4'],
  ])('have the seed of their infotext in the name of the movie, whole: %j', async (written, seed, name) => {
    const folder = join(await temporaryFolder(), 'cats');
    await mkdir(folder);
    const text = `a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: ${written}, Size: 32x32`;
    const source = await save(join(folder, '1.png'), plain(32, 32, 9, 9, 9), text);
    const made = await render({
      sources: [source],
      animation: { look: 'classic', duration: 0.5, fps: 4 },
      outdir: join(folder, 'out'),
    });
    expect(made.seed).toBe(seed);
    expect(basename(made.path)).toBe(name);
    expect(JSON.stringify(made)).not.toContain('NaN');
    expect(await readInfotext(made.path)).toBe(text);
  });

  it('of a run are chosen by a seed of any length', async () => {
    const folder = await temporaryFolder();
    for (const seed of ['1063845723845723845', '1063845723845723846']) {
      await save(join(folder, `0000001-${seed}-x.png`), plain(8, 8, 0, 0, 0));
    }
    await using found = await PictureSources.find([folder], { runs: ['1063845723845723846'] });
    expect(found.sequences.map(({ seed }) => seed)).toEqual(['1063845723845723846']);
  });
});
