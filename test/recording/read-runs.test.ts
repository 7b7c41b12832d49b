import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import type { AnimationOptionsInput } from '#src/options/option-types.js';
import { ManifestFile, parseManifest } from '#src/recording/manifest.js';
import { type Run, readRuns } from '#src/recording/read-runs.js';
import { Recorder } from '#src/recording/recorder.js';
import { emerging } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const infotext = 'a red apple\nSteps: 3, Seed: 42, CFG scale: 4';
const size = { width: 32, height: 32 };

async function record(folder: string, seed: number, steps: number, options: AnimationOptionsInput = {}) {
  const animation = animationOptionsSchema.parse({ duration: 0.5, deleteIntermediate: false, ...options });
  await using recorder = await Recorder.open({ animation, folder }, size);
  const image = { batch: 0, position: 0, seed, prompt: 'a red apple', infotext, ...size };
  recorder.start([image], [{ kind: 'base', steps, exact: true }]);
  for (let step = 1; step <= steps; step++) recorder.step({ image: 0, pass: 0, step }, emerging(32, 32, step / steps));
  const path = join(folder, `${seed}.png`);
  await writeFile(path, 'the finished image');
  await recorder.finish(0, { picture: emerging(32, 32, 1), infotext, reason: 'finished', path: Promise.resolve(path) });
}

/** Numbers of the steps before the finished image. */
const stepsOf = (run: Run | undefined) =>
  namesOf(run?.images[0]?.pictures.slice(0, -1) ?? []).map((name) => Number(name.slice(4, 7)));
const namesOf = (files: readonly string[]) => files.map((file) => basename(file));

describe('runs of a folder', () => {
  it('are distinguished and listed in the order in which they were made, even with the same seed and prompt', async () => {
    const folder = await temporaryFolder();
    await record(folder, 42, 3);
    await record(folder, 7, 2);
    await record(folder, 42, 5);
    const intermediate = join(folder, 'intermediate');
    const runs = await readRuns(intermediate);
    expect(runs.map(({ images }) => images.map(({ seed, pictures }) => [seed, pictures.length]))).toEqual([
      [[42, 3]],
      [[7, 2]],
      [[42, 5]],
    ]);
    expect(runs[0]?.images[0]?.pictures.at(-1)).toBe(join(folder, '42.png'));
    // Names that were taken got a number; the steps are in their order all the same.
    expect(stepsOf(runs[2])).toEqual([1, 2, 3, 4]);
  });

  it.each([
    [{}, [1, 2, 3, 4, 5, 6, 7]],
    [{ every: 3 }, [1, 4, 7]],
    [{ every: 2, skipSteps: 1 }, [2, 4, 6]],
    [{ stopAt: 5 }, [1, 2, 3, 4, 5]],
  ])('show every step that was kept with %j but the last one, and the finished image', async (options, steps) => {
    const folder = await temporaryFolder();
    await record(folder, 42, 8, options);
    const [run] = await readRuns(join(folder, 'intermediate'));
    expect(stepsOf(run)).toEqual(steps);
    expect(run?.images[0]?.pictures.at(-1)).toBe(join(folder, '42.png'));
  });

  it('know files that a killed run could not list any more', async () => {
    const folder = await temporaryFolder();
    const image = { batch: 0, position: 0, seed: 42, prompt: 'x', infotext: '' };
    const manifest = new ManifestFile(folder, new Date('2023-01-02T03:04:05.5Z'), {}, [image]);
    const names = ['0000001-42-x.png', '0000002-42-x.png', '0000003-42-x.png'];
    for (const name of [...names, '0000001-8-x.png']) await writeFile(join(folder, name), '');
    manifest.addStep(0, { step: 1, pass: 'base', path: join(folder, names[0] ?? '') });
    // At once: what has just been noted is written, too.
    await manifest.end();
    expect(await readdir(folder)).toContain('2023-01-02T03-04-05-42-x.json');
    const runs = await readRuns(folder);
    expect(runs.map(({ images }) => namesOf(images[0]?.pictures ?? []))).toEqual(
      expect.arrayContaining([names, ['0000001-8-x.png']]),
    );
  });

  it('without manifests are distinguished by their names, all others are one in natural order', async () => {
    const folder = await temporaryFolder();
    const plain = ['1.png', '2.png', '10.png', 'final.jpg'];
    const old = ['0000001-5-a.png', '0000002-5-a.png'];
    for (const [index, name] of [...old, ...plain].entries()) {
      await writeFile(join(folder, name), '');
      await utimes(join(folder, name), 1000 + index, 1000 + index);
    }
    await writeFile(join(folder, 'broken.json'), '{"format":"steps-animation-run"');
    await writeFile(join(folder, 'other.json'), '{"format":"something else"}');
    await writeFile(join(folder, '.hidden.png'), '');
    await mkdir(join(folder, 'deeper'));
    const runs = await readRuns(folder);
    expect(runs.map(({ images }) => [images[0]?.seed, namesOf(images[0]?.pictures ?? [])])).toEqual([
      [5, old],
      [null, plain],
    ]);
  });

  it.each([
    ['dates and times', (n: number) => `20240101-12000${n}.png`],
    ['dates and times in a month of two digits', (n: number) => `20241231-12000${n}.png`],
    ['dates and numbers', (n: number) => `20241231-${n + 1}.png`],
    ['dates of two days and numbers', (n: number) => `${20241230 + Math.floor(n / 3)}-${(n % 3) + 1}.png`],
    ['two numbers', (n: number) => `000000${n + 1}-${1000 + n}.png`],
    ['numbers from zero', (n: number) => `000000${n}-7.png`],
  ])(
    'are not seen in names of %s: these are one run in natural order, whatever the time of change',
    async (_, name) => {
      const folder = await temporaryFolder();
      const names = [0, 1, 2, 3, 4, 5].map(name);
      for (const [index, each] of names.entries()) {
        await writeFile(join(folder, each), '');
        await utimes(join(folder, each), 1000 - index, 1000 - index);
      }
      const runs = await readRuns(folder);
      expect(runs.map(({ images }) => images.map(({ pictures }) => namesOf(pictures)))).toEqual([[names]]);
    },
  );

  it('are in the order of their names where other images lie among them, not in that of their times', async () => {
    const folder = await temporaryFolder();
    const names = ['0000001-5-a.png', '0000002-5-a.png', 'final.png'];
    for (const [index, name] of names.entries()) {
      await writeFile(join(folder, name), '');
      await utimes(join(folder, name), 1000 - index, 1000 - index);
    }
    const runs = await readRuns(folder);
    expect(runs.flatMap(({ images }) => images.flatMap(({ pictures }) => namesOf(pictures)))).toEqual(names);
  });

  it('leave no manifest when their files are deleted, and a whole one while they go on', async () => {
    const folder = await temporaryFolder();
    const animation = animationOptionsSchema.parse({ duration: 0.5 });
    await using recorder = await Recorder.open({ animation, folder }, size);
    const image = { batch: 0, position: 0, seed: 1, prompt: 'a', infotext, ...size };
    recorder.start([image], [{ kind: 'hires', steps: 2, exact: true }]);
    recorder.step({ image: 0, pass: 0, step: 1 }, emerging(32, 32, 0.5));
    const intermediate = join(folder, 'intermediate');
    const manifests = async () => (await readdir(intermediate)).filter((name) => /^\d.*\.json$/.test(name));
    await expect.poll(manifests).toHaveLength(1);
    const [name = ''] = await manifests();
    const manifest = parseManifest(await readFile(join(intermediate, name), 'utf8'));
    expect(manifest?.images[0]).toMatchObject({ seed: 1, reason: null, steps: [{ step: 1, pass: 'hires' }] });
    await recorder.finish(0, { picture: emerging(32, 32, 1), infotext, reason: 'finished' });
    await recorder.end();
    expect(await readdir(intermediate)).toEqual([]);
  });
});
