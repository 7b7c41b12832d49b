import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { inspectFile } from '#src/app/inspect-file.js';
import { PictureSources } from '#src/app/picture-sources.js';
import { render } from '#src/index.js';
import { MovieWriter } from '#src/movie/writer.js';
import { codecRow, codecs } from '#src/options/codecs.js';
import { readPictures } from '#src/pictures/picture-source.js';
import { plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

type Format = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'avif';

/** Writes a grey picture. */
async function save(path: string, level: number, format: Format = 'png'): Promise<string> {
  const { width, height, data } = plain(64, 64, level, level, level);
  await writeFile(
    path,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .toFormat(format)
      .toBuffer(),
  );
  return path;
}

/** An animation of grey pictures. */
async function animate(path: string, levels: readonly number[], format: 'gif' | 'webp' | 'tiff'): Promise<string> {
  const pages = levels.map((level) => {
    const { data } = plain(64, 64, level, level, level);
    return sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
  });
  await writeFile(
    path,
    await sharp(await Promise.all(pages), { join: { animated: true } })
      .toFormat(format)
      .toBuffer(),
  );
  return path;
}

/** A sequence in AVIF: the same as AV1 in MP4, but for the brand. */
async function animateAvif(path: string, levels: readonly number[]): Promise<string> {
  const encoderOptions = { preset: '12', crf: '20' };
  const format = { codec: codecRow('svt-av1'), fps: 5, tags: {}, width: 64, height: 64, encoderOptions };
  await using writer = await MovieWriter.open(path, format);
  for (const level of levels) {
    await writer.write(Buffer.concat([Buffer.alloc(64 * 64, 16 + level * 0.86), Buffer.alloc(32 * 64, 128)]));
  }
  await writer.close();
  const bytes = await readFile(path);
  bytes.write('avis', 8, 'latin1');
  await writeFile(path, bytes);
  return path;
}

/** A 24-bit Windows bitmap of one grey. */
function bitmap(level: number): Buffer {
  const [side, header] = [64, 54];
  const bytes = Buffer.alloc(header + side * side * 3, level);
  bytes.fill(0, 0, header).write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(header, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

/** The levels of the pictures that are found, to tens, and the notes. */
async function find(...sources: string[]) {
  await using found = await PictureSources.find(sources);
  const levels: number[] = [];
  for await (const { data } of readPictures(found.sequences.flatMap(({ pictures }) => pictures))) {
    levels.push(Math.round((data[0] ?? 0) / 10) * 10);
  }
  return { levels, notes: found.notes.join('\n'), sequences: found.sequences.length };
}

const refusal = async (...sources: string[]) =>
  await PictureSources.find(sources).then(
    () => 'none',
    ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
  );

/** Stands in for photos of telephones: only the head of the file. */
const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08mdat', 'latin1');

describe('a folder', () => {
  it('gives images of every kind that can be read, in natural order, and all frames of animated ones', async () => {
    const folder = await temporaryFolder();
    await save(join(folder, '1.png'), 10);
    await save(join(folder, '2.tif'), 20, 'tiff');
    await save(join(folder, '3.avif'), 30, 'avif');
    await writeFile(join(folder, '4.bmp'), bitmap(40));
    await save(join(folder, '5.gif'), 50, 'gif');
    await animate(join(folder, '6.webp'), [60, 70], 'webp');
    await animate(join(folder, '7.tiff'), [80, 90], 'tiff');
    await animateAvif(join(folder, '8.avif'), [100, 110]);
    await save(join(folder, '10.jpg'), 120, 'jpeg');
    await writeFile(join(folder, '1.txt'), 'a caption');
    const { levels, notes, sequences } = await find(folder);
    expect(levels).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
    expect([notes, sequences]).toEqual(['', 1]);
  });

  it('names what it leaves out, with the reason, and uses the rest', async () => {
    const folder = await temporaryFolder();
    await save(join(folder, '1.png'), 10);
    await writeFile(join(folder, '2.png'), '');
    await symlink(join(folder, 'gone'), join(folder, '3.png'));
    await mkdir(join(folder, '4.png'));
    await writeFile(join(folder, '5.heic'), heic);
    await writeFile(join(folder, '6.jxl'), '\xff\x0a', 'latin1');
    await save(join(folder, '7.png'), 70);
    const { levels, notes } = await find(folder);
    expect(levels).toEqual([10, 70]);
    for (const part of ['2.png is empty', '3.png is a link', '4.png is a folder', '5.heic is of a kind', 'JPEG XL']) {
      expect(notes).toContain(part);
    }
  });

  it('does not wait for a pipe', async () => {
    const folder = await temporaryFolder();
    await save(join(folder, '1.png'), 10);
    execFileSync('mkfifo', [join(folder, '2.png')]);
    expect(await find(folder)).toMatchObject({ levels: [10], notes: expect.stringContaining('2.png is a pipe') });
    expect(await refusal(join(folder, '2.png'))).toMatch(/^input: .*2\.png is a pipe/);
    await expect(inspectFile(join(folder, '2.png'))).rejects.toThrow('is a pipe');
  });

  it('names files whose names are not in UTF-8', async () => {
    const folder = await temporaryFolder();
    await save(join(folder, '1.png'), 10);
    await writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.png')]), 'x');
    const { levels, notes } = await find(folder);
    expect(levels).toEqual([10]);
    expect(notes).toMatch(/not in UTF-8, rename it/);
    expect(await refusal(join(folder, 'caf\ufffd.png'))).toMatch(/^input: .*not in UTF-8, rename it/);
  });

  it('of nothing but what cannot be used is refused with the reasons', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.heic'), heic);
    expect(await refusal(folder)).toMatch(
      /^input: There are no .*a\.heic is of a kind that cannot be read here \(HEIC\)/,
    );
  });
});

describe('a file', () => {
  it('is recognised by its bytes, whatever its name says', async () => {
    const folder = await temporaryFolder();
    const paths = [
      await save(join(folder, 'a.gif'), 10, 'jpeg'),
      await save(join(folder, 'b.mp4'), 20, 'png'),
      await save(join(folder, 'c'), 30, 'webp'),
      await animate(join(folder, 'd.png'), [40, 50], 'gif'),
    ];
    expect((await find(...paths)).levels).toEqual([10, 20, 30, 40, 50]);
    expect((await find(folder)).levels).toEqual([10, 20, 30, 40, 50]);
    expect(await inspectFile(paths[0] ?? '')).toMatchObject({ type: 'image', format: 'jpeg' });
  });

  it.each([
    ['empty.png', '', /is empty: remove it/],
    ['photo.heic', heic, /cannot be read here \(HEIC\): convert it/],
    ['photo.jxl', Buffer.from([0xff, 0x0a, 0, 0]), /cannot be read here \(JPEG XL\): convert it/],
    ['notes.txt', 'hello '.repeat(50), /is no image or movie: convert it/],
  ])('that cannot be used is refused in one sentence: %s', async (name, content, message) => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, content);
    expect(await refusal(path)).toMatch(message);
  });
});

describe('a pattern', () => {
  it.each(['[1girl] (cat:1.2)', '{a,b}', '$()', '+(x)', '@(y)', '!(z)', 'a*?'])(
    'finds files below a folder of the name %s',
    async (name) => {
      const folder = join(await temporaryFolder(), name);
      await mkdir(folder);
      for (const n of [2, 10, 1]) await save(join(folder, `${n}.png`), n * 10);
      expect((await find(join(folder, '*.png'))).levels).toEqual([10, 20, 100]);
      expect((await find(join(folder, '{1,2}.png'))).levels).toEqual([10, 20]);
    },
  );

  it('of files of a kind that cannot be read says so', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.heic'), heic);
    expect(await refusal(join(folder, '*.heic'))).toMatch(/a\.heic is of a kind that cannot be read here \(HEIC\)/);
    expect(await refusal(join(folder, '*.jpg'))).toMatch(/matches .*: check the path/);
  });
});

describe('what a file is', () => {
  it.each(['avif', 'tiff', 'gif', 'webp', 'png'] as const)('is an image for a still %s', async (format) => {
    const path = await save(join(await temporaryFolder(), 'a'), 10, format);
    expect(await inspectFile(path)).toMatchObject({ type: 'image', format, width: 64, height: 64 });
  });

  it('is a movie for an animated AVIF', async () => {
    const path = await animateAvif(join(await temporaryFolder(), 'a.avif'), [10, 200]);
    expect(await inspectFile(path)).toMatchObject({ type: 'movie', frames: 2 });
  });

  it('has the duration of an APNG whose frames last differently', async () => {
    const folder = await temporaryFolder();
    const sources = [await save(join(folder, '1.png'), 10), await save(join(folder, '2.png'), 200)];
    const animation = { look: 'classic', codec: 'apng', duration: 0.5, fps: 4, interpolation: 'none' } as const;
    const { path, frames } = await render({ sources, animation, outdir: folder });
    expect(frames).toBe(2);
    const bytes = await readFile(path);
    // The delay of the first frame control chunk: 3 seconds, then the checksum.
    const at = bytes.indexOf('fcTL');
    bytes.writeUInt16BE(3, at + 24);
    bytes.writeUInt16BE(1, at + 26);
    bytes.writeUInt32BE(crc32(bytes.subarray(at, at + 30)), at + 30);
    await writeFile(path, bytes);
    expect(await inspectFile(path)).toMatchObject({ type: 'movie', duration: 3.25 });
  });
});

describe('a movie', () => {
  it.each(Object.values(codecs))('of one frame can be made as $name', async ({ name }) => {
    const folder = await temporaryFolder();
    const source = await save(join(folder, '1.png'), 100);
    const { frames, path } = await render({
      sources: [source],
      animation: { look: 'classic', codec: name, duration: 0.5, fps: 2 },
      outdir: folder,
    });
    expect(frames).toBe(1);
    expect((await find(path)).levels).toEqual([100]);
  });

  it.each([
    ['svt-av1', 8, 8, /svt-av1 takes pictures of at least 32×32 pixels, and these have 8×8/],
    ['x265', 64, 2, /x265 takes pictures of at least 16×16/],
    ['x264', 16_390, 16, /x264 takes pictures of at most 16384×16384/],
    ['webp', 16, 16_390, /webp takes pictures of at most 16383×16383/],
  ] as const)(
    'of a size that %s does not take is refused before anything is made',
    async (codec, width, height, message) => {
      const folder = await temporaryFolder();
      await sharp({ create: { width, height, channels: 3, background: '#888' } }).toFile(join(folder, '1.png'));
      const made = render({
        sources: [join(folder, '1.png')],
        animation: { look: 'classic', codec, minSize: 0 },
        outdir: join(folder, 'out'),
      });
      await expect(made).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
      expect(await readdir(folder)).toEqual(['1.png']);
    },
  );

  it('whose name is too long is refused before anything is made', async () => {
    const folder = await temporaryFolder();
    const source = await save(join(folder, '1.png'), 100);
    const made = render({ sources: [source], output: join(folder, 'out', `${'ä'.repeat(135)}.mp4`) });
    await expect(made).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/has 274 bytes, and 255/),
    });
    expect(await readdir(folder)).toEqual(['1.png']);
  });
});

describe('the output', () => {
  it.each(['out', 'out/', 'new/'])('may be a folder: %s', async (output) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'out'));
    const source = await save(join(folder, 'cat.png'), 100);
    const made = await render({
      sources: [source],
      animation: { look: 'classic', duration: 0.5, fps: 4 },
      output: `${folder}/${output}`,
    });
    expect(dirname(made.path)).toBe(resolve(folder, output));
    expect(extname(made.path)).toBe('.mp4');
  });
});

describe('a movie that is a source', () => {
  it.each(['a.ts', 'a'])('may be a transport stream of the name %s', async (name) => {
    const path = join(await temporaryFolder(), name);
    const codec = { ...codecRow('x264'), container: 'mpegts', containerOptions: {} };
    const format = { codec, fps: 5, tags: {}, width: 64, height: 64, encoderOptions: {} };
    await using writer = await MovieWriter.open(path, format);
    for (let frame = 0; frame < 3; frame++) await writer.write(Buffer.alloc(64 * 64 * 1.5, 128));
    await writer.close();
    expect((await find(path)).levels).toHaveLength(3);
    expect(await inspectFile(path)).toMatchObject({ type: 'movie', codec: 'h264' });
  });
});

describe('a file without the right to read it', () => {
  // Root may read everything: the test takes the rights of another user meanwhile.
  it('is named as such', async () => {
    const folder = await temporaryFolder();
    const path = await save(join(folder, '1.png'), 10);
    await chmod(path, 0);
    await chmod(folder, 0o755);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await refusal(path)).toMatch(/^input: .*1\.png may not be read by this user: change its permissions/);
      await expect(inspectFile(path)).rejects.toThrow('may not be read by this user');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});
