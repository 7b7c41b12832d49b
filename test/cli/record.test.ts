import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Picture } from '#src/pictures/picture.js';
import { filesBelow } from '../helpers/files-below.js';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { emerging } from '../helpers/pictures.js';
import { end, message, rawImage, rawStep, start } from '../helpers/stream.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { record } from './run-command.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const python = fileURLToPath(new URL('../../integrations/python', import.meta.url));
const size = { width: 96, height: 64 };
const finished = emerging(size.width, size.height, 1);
const picture = (step: number, steps: number) => emerging(size.width, size.height, step / steps);

async function encoded({ width, height, data }: Picture, format: 'png' | 'jpeg' | 'webp'): Promise<Buffer> {
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  return await image.toFormat(format, { quality: 95 }).toBuffer();
}

describe('record', () => {
  it('makes a movie of steps in every format, which ends on the finished image', async () => {
    const outdir = await temporaryFolder();
    const images = [
      { seed: 7, prompt: 'a red apple', infotext: 'a red apple\nSteps: 5, Seed: 7, CFG scale: 1', ...size },
    ];
    const steps = [rawStep(1, picture(1, 5)), rawStep(2, picture(2, 5))];
    for (const [index, format] of (['png', 'jpeg', 'webp'] as const).entries()) {
      const step = index + 3;
      const bytes = await encoded(picture(step, 5), format);
      steps.push(message({ type: 'step', image: 0, step, picture: { format } }, bytes));
    }
    const { results, exitCode, stderr } = await record(
      [start(5, images), ...steps, rawImage(finished), end],
      ...['--duration', '1', '--outdir', outdir],
    );
    expect(exitCode, stderr).toBe(0);
    expect(results).toEqual([expect.objectContaining({ type: 'animation', seed: 7, frames: 30, steps: 5, ...size })]);
    const frames = await decodeMovie(results[0].path);
    expect(frames).toHaveLength(30);
    expect(ssim(frames.at(-1) ?? finished, finished)).toBeGreaterThan(0.97);
    expect(await readdir(join(outdir, 'txt2img-images'))).toEqual(['7-a red apple.png', 'animation']);
  });

  it.each(['x265', 'svt-av1'])('refuses, before the first step, images that are too small for %s', async (codec) => {
    const outdir = await temporaryFolder();
    const tiny = { width: 1, height: 1 };
    const images = [{ seed: 7, ...tiny }];
    const dot = { ...tiny, data: new Uint8Array(3) };
    const { results, exitCode } = await record(
      [start(1, images), rawStep(1, dot), rawImage(dot), end],
      ...['--codec', codec, '--min-size', '0', '--outdir', outdir],
    );
    expect(exitCode).toBe(2);
    const message = expect.stringMatching(/takes pictures of at least (16×16|32×32) pixels, and these have/);
    expect(results).toEqual([{ type: 'error', code: 'usage', message }]);
    expect(await filesBelow(outdir)).toEqual([]);
  });

  it('fails where no picture comes', async () => {
    const { results, exitCode } = await record([start(3), end], '--outdir', await temporaryFolder());
    expect(exitCode).toBe(1);
    expect(results).toMatchObject([{ type: 'error', code: 'input' }]);
  });

  it('leaves the images to a program that saves them itself, and puts movies and steps below its folder', async () => {
    const folder = await temporaryFolder();
    const steps = [1, 2, 3].map((step) => rawStep(step, picture(step, 3)));
    const { results, exitCode, stderr } = await record(
      [start(3), ...steps, rawImage(finished), end],
      ...['--duration', '1', '--folder', folder, '--no-save-images', '--no-delete-intermediate'],
    );
    expect(exitCode, stderr).toBe(0);
    expect(results).toEqual([expect.objectContaining({ image: null, steps: 3 })]);
    expect(await readdir(folder)).toEqual(['animation', 'intermediate']);
  });

  it('keeps the images of a batch and the passes of each apart', async () => {
    const outdir = await temporaryFolder();
    const begin = message({
      ...{ type: 'start', version: 1 },
      images: [1, 2].map((seed) => ({ seed, prompt: 'x', ...size })),
      passes: [
        { kind: 'base', steps: 3, exact: true },
        { kind: 'hires', steps: 2, exact: true },
      ],
    });
    const small = emerging(48, 32, 0.2);
    const steps = [1, 2, 3].flatMap((step) => [0, 1].map((image) => rawStep(step, small, { image })));
    const hires = [1, 2].flatMap((step) => [0, 1].map((image) => rawStep(step, finished, { image, pass: 1 })));
    const images = [0, 1].map((image) => rawImage(finished, { image }));
    const input = [begin, ...steps, ...hires, ...images, end];
    const { results, exitCode, stderr } = await record(
      input,
      '--duration',
      '1',
      '--outdir',
      outdir,
      '--no-delete-intermediate',
    );
    expect(exitCode, stderr).toBe(0);
    expect(results.map(({ seed, steps, width }) => [seed, steps, width]).sort()).toEqual([
      [1, 5, size.width],
      [2, 5, size.width],
    ]);
    const names = await readdir(join(outdir, 'txt2img-images', 'intermediate'));
    expect(names.filter((name) => name.endsWith('.png'))).toHaveLength(10);
  });

  it('makes a movie of a stream that is cut off, and keeps to --no-run-incomplete', async () => {
    const outdir = await temporaryFolder();
    const steps = [1, 2, 3].map((step) => rawStep(step, picture(step, 9)));
    const input = [start(9), ...steps, rawStep(4, picture(4, 9)).subarray(0, 500)];
    const { results, exitCode, stderr } = await record(input, '--duration', '1', '--outdir', outdir);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('cut off');
    expect(results).toEqual([expect.objectContaining({ frames: 30, steps: 3 })]);
    const left = await record(input, '--duration', '1', '--outdir', await temporaryFolder(), '--no-run-incomplete');
    expect([left.results, left.exitCode]).toEqual([[], 0]);
  });

  it('makes a movie of what came before a wrong message, then prints the error to both outputs', async () => {
    const outdir = await temporaryFolder();
    const input = [start(9), rawStep(1, picture(1, 9)), rawStep(2, picture(2, 9)), Buffer.from('oh no\n')];
    const { results, exitCode, stderr } = await record(input, '--duration', '1', '--outdir', outdir);
    expect(exitCode).toBe(1);
    expect(results.map(({ type }) => type)).toEqual(['animation', 'error']);
    expect(stderr).toMatch(/error: Message 4 of the stream is wrong/);
  });

  it('makes a movie of what came wherever the stream is cut, or says that nothing came', async () => {
    const steps = [rawStep(1, picture(1, 4))];
    for (const [index, format] of (['png', 'jpeg', 'webp'] as const).entries()) {
      const fields = { type: 'step', image: 0, step: index + 2, picture: { format } };
      steps.push(message(fields, await encoded(picture(index + 2, 4), format)));
    }
    const whole = Buffer.concat([start(4), ...steps, rawImage(finished), end]);
    const firstStepEnds = start(4).length + (steps[0]?.length ?? 0);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        const outdir = await mkdtemp(join(tmpdir(), 'steps-animation-test-'));
        const options = ['--duration', '0.5', '--outdir', outdir];
        const { results, exitCode } = await record([whole.subarray(0, length)], ...options);
        await rm(outdir, { recursive: true });
        const hasMovie = length >= firstStepEnds;
        expect([results.map(({ type }) => type), exitCode]).toEqual(hasMovie ? [['animation'], 0] : [['error'], 1]);
        if (hasMovie) expect(results[0].frames).toBe(15);
      }),
      { numRuns: 8 },
    );
  });

  it('makes the movie of a sender that died, though nobody reads what it prints', async () => {
    const outdir = await temporaryFolder();
    const child = spawn(process.execPath, [
      main,
      'record',
      '--look',
      'classic',
      '--duration',
      '1',
      '--debug',
      '--outdir',
      outdir,
    ]);
    child.stdout.destroy();
    child.stderr.destroy();
    child.stdin.end(Buffer.concat([start(9), rawStep(1, picture(1, 9)), rawStep(2, picture(2, 9))]));
    expect(await once(child, 'exit')).toEqual([0, null]);
    const [movie] = await readdir(join(outdir, 'txt2img-images', 'animation'));
    expect(await decodeMovie(join(outdir, 'txt2img-images', 'animation', movie ?? ''))).toHaveLength(30);
  });

  it('lets go of a sender whose message is wrong while it is still sending', async () => {
    const outdir = await temporaryFolder();
    const child = spawn(process.execPath, [main, 'record', '--look', 'classic', '--outdir', outdir], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.write('oh no\n');
    const ended = once(child, 'exit');
    const refused = once(child.stdin, 'error');
    const send = () => child.stdin.write(Buffer.alloc(100_000), (error) => error ?? send());
    send();
    expect((await refused)[0]).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
    expect(await ended).toEqual([1, null]);
  });

  it.skipIf(process.platform === 'win32')('ends at Ctrl-C with a movie of what came, if anything came', async () => {
    const interrupted = async (input: Buffer, whenItSays: RegExp) => {
      const outdir = await temporaryFolder();
      const options = ['--duration', '1', '--debug', '--outdir', outdir];
      const child = spawn(process.execPath, [main, 'record', '--look', 'classic', ...options]);
      const ended = once(child, 'exit');
      const stdout = text(child.stdout);
      child.stderr.setEncoding('utf8').on('data', (said: string) => {
        if (whenItSays.test(said)) child.kill('SIGINT');
      });
      // The pipe stays open.
      child.stdin.write(input);
      const [exitCode] = await ended;
      return { exitCode, ...JSON.parse(await stdout) };
    };
    const two = Buffer.concat([
      start(9, [{ seed: 42, ...size }]),
      rawStep(1, picture(1, 9)),
      rawStep(2, picture(2, 9)),
    ]);
    expect(await interrupted(two, /live: 9/)).toMatchObject({ exitCode: 0, type: 'animation', frames: 30 });
    expect(await interrupted(start(9), /libx264/)).toMatchObject({ exitCode: 130, type: 'error', code: 'interrupted' });
  });

  it('says which step was damaged, and how to make the movie of the others', async () => {
    const outdir = await temporaryFolder();
    const png = await encoded(picture(2, 3), 'png');
    const damaged = png.subarray(0, png.length / 2);
    const broken = message({ type: 'step', image: 0, step: 2, picture: { format: 'png' } }, damaged);
    const input = [start(3), rawStep(1, picture(1, 3)), broken, rawStep(3, finished), rawImage(finished), end];
    const { exitCode, stderr } = await record(input, '--duration', '1', '--outdir', outdir);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error: Message 3: its png cannot be read .*steps-animation render .* --runs 42/);
    const kept = await readdir(join(outdir, 'txt2img-images', 'intermediate'));
    expect(kept.filter((name) => name.endsWith('.png'))).toHaveLength(2);
  });
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.warn('There is no python3 here: its client is not tested.');

describe.skipIf(!hasPython)('the Python client', () => {
  /** Runs a program of these lines within a run of 64×48 pixels. */
  async function run(...lines: string[]) {
    const folder = await temporaryFolder();
    const script = join(folder, 'run.py');
    const source = `
import sys
sys.path.insert(0, ${JSON.stringify(python)})
from steps_animation import Record
command = (${JSON.stringify(process.execPath)}, ${JSON.stringify(main)})
size = (64, 48)
def grey(value):
    return bytes([value]) * (64 * 48 * 3)
animation = Record(["--outdir", "out", "--duration", "1", "--look=classic"], command)
try:
    with animation:
        animation.start([{"seed": 3, "prompt": "grey", "width": 64, "height": 48}], steps=6)
${lines.map((line) => `        ${line}`).join('\n')}
except Exception as error:
    print(type(error).__name__, error)
for result in animation.results:
    print(result["frames"], result["path"])
`;
    await writeFile(script, source);
    const { stdout, stderr } = spawnSync('python3', [script], { cwd: folder, encoding: 'utf8' });
    return { lines: stdout.trim().split('\n'), stderr };
  }

  it('sends a run and gets its movie', async () => {
    const { lines, stderr } = await run(
      'for step in range(1, 7):',
      '    animation.step(0, step, rgb24=grey(step * 40), size=size)',
      'animation.image(0, rgb24=grey(250), size=size)',
    );
    expect(lines, stderr).toHaveLength(1);
    expect(lines[0]).toMatch(/^30 /);
    const last = (await decodeMovie(lines[0]?.slice(3) ?? '')).at(-1);
    expect(Math.abs((last?.data[0] ?? 0) - 250)).toBeLessThanOrEqual(3);
  });

  it.each<[string, string[], RegExp]>([
    [
      'of record, with what it says',
      ['animation.step(0, 1, rgb24=grey(9), size=size)', 'while True: animation.step(5, 1, rgb24=grey(9), size=size)'],
      /^RuntimeError Message 3 .* no image 5/,
    ],
    [
      'of the program itself',
      ['animation.step(0, 1, rgb24=grey(9), size=size)', 'raise ValueError("my own")'],
      /^ValueError my own/,
    ],
  ])('raises an error %s, and has the movie of what came before', async (_, program, error) => {
    const { lines, stderr } = await run(...program);
    expect(lines[0], stderr).toMatch(error);
    expect(lines[1], stderr).toMatch(/^30 .*\.mp4$/);
  });
});
