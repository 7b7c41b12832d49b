import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import type { AnimationOptionsInput } from '#src/options/option-types.js';
import type { Picture } from '#src/pictures/picture.js';
import { Recorder, type RecorderEvent } from '#src/recording/recorder.js';
import { countPictures, isSelected } from '#src/recording/steps.js';
import { decodeMovie } from '../helpers/movies.js';
import { plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const size = { width: 32, height: 32 };
/** Steps are told apart by how bright they are. */
const stepPicture = (brightness: number, side = 32) => plain(side, side, brightness, brightness, brightness);
const brightnessOf = ({ data }: Picture) => data[0] ?? 0;

type Pass = { readonly kind: 'base' | 'hires'; readonly steps: number; readonly exact: boolean };

type Plan = {
  readonly options: AnimationOptionsInput;
  readonly passes?: readonly Pass[];
  /** steps that really come, of each pass */
  readonly come?: readonly number[];
  /** steps that do not come, although later ones do */
  readonly missing?: readonly number[];
  readonly images?: number;
  /** how bright the finished image is; a little brighter than the last step if left out */
  readonly last?: number;
  /** how bright the noise is; it is not given if left out */
  readonly noise?: number | undefined;
};

/** Records a run whose steps are 10, 20, 30 … bright through all passes. */
async function record(folder: string, { options, passes, come, missing = [], images = 1, last, noise }: Plan) {
  const planned = passes ?? [{ kind: 'base', steps: 8, exact: true }];
  const animation = animationOptionsSchema.parse({
    minSize: 0,
    duration: 0.5,
    fps: 20,
    interpolation: 'none',
    ...options,
  });
  const events: RecorderEvent[] = [];
  const asked: number[] = [];
  await using recorder = await Recorder.open({ animation, folder, onEvent: (event) => events.push(event) }, size);
  const infotext = (seed: number) => `x\nSteps: 8, Seed: ${seed}, CFG scale: 1`;
  const all = Array.from({ length: images }, (_, position) => {
    return { batch: 0, position, seed: position, prompt: 'x', infotext: infotext(position), ...size };
  });
  recorder.start(all, planned);
  if (noise !== undefined) for (const image of all.keys()) recorder.noise(image, stepPicture(noise));
  let brightness = 0;
  for (const [pass, { steps }] of planned.entries()) {
    for (let step = 1; step <= (come?.[pass] ?? steps); step++) {
      brightness += 10;
      const value = brightness;
      if (missing.includes(step)) continue;
      for (let image = 0; image < images; image++) {
        recorder.step({ image, pass, step }, async () => {
          asked.push(value);
          return stepPicture(value, pass === 0 && planned.length > 1 ? 16 : 32);
        });
      }
    }
  }
  const finished = all.map(({ infotext }, image) =>
    recorder.finish(image, { picture: stepPicture(last ?? brightness + 10), infotext, reason: 'finished' }),
  );
  const recordings = await Promise.all(finished);
  const grid = await recorder.end();
  const [first] = recordings;
  const frames = first?.movie ? await decodeMovie(first.movie.path) : [];
  const live = events.some((event) => event.type === 'debug' && event.message.startsWith('live'));
  const dropped = events.flatMap((event) =>
    event.type === 'debug' && event.message.startsWith('the live movie was dropped: ')
      ? [event.message.replace('the live movie was dropped: ', '')]
      : [],
  );
  return {
    recordings,
    grid,
    frames,
    live,
    dropped,
    asked,
    shown: [...new Set(frames.map((frame) => round(brightnessOf(frame))))],
  };
}

const round = (brightness: number) => Math.round(brightness / 10) * 10;

describe('the choice of steps', () => {
  it('leaves out what the options say, asks only for pictures that it takes, and ends on the finished image', async () => {
    const folder = await temporaryFolder();
    const { shown, asked, live } = await record(folder, { options: { skipSteps: 2, every: 2, stopAt: 6 } });
    expect(live).toBe(true);
    expect(asked).toEqual([30, 50]);
    expect(shown).toEqual([30, 50, 90]);
  });

  it.each([
    [{ missing: [3, 5] }, '5 pictures came before the finished image instead of 7'],
    [{ come: [5] }, 'the last step was 5 instead of 8'],
    [{ come: [11] }, 'the last step was 11 instead of 8'],
  ])('says what came instead of what was planned: %j', async (plan, reason) => {
    const { dropped, shown } = await record(await temporaryFolder(), { options: {}, ...plan });
    expect(dropped).toEqual([reason]);
    expect(shown).not.toHaveLength(0);
  });

  it('counts the same live and afterwards, for every plan', () => {
    const selection = fc.record({ skipSteps: fc.nat(12), every: fc.integer({ min: 1, max: 5 }), stopAt: fc.nat(12) });
    fc.assert(
      fc.property(selection, fc.integer({ min: 1, max: 12 }), (options, steps) => {
        const taken = Array.from({ length: steps - 1 }, (_, index) => index + 1).filter((step) =>
          isSelected(step, options),
        );
        expect(countPictures(steps, options)).toBe(taken.length + 1);
        if (options.skipSteps < steps - 1 && options.stopAt === 0) expect(taken[0]).toBe(options.skipSteps + 1);
      }),
    );
  });

  it.each([
    ['as planned', [8], true],
    ['fewer', [5], true],
    ['more', [11], true],
    ['of an adaptive sampler', [6], false],
  ])('holds the duration when the steps are %s', async (_, come, exact) => {
    const folder = await temporaryFolder();
    const options = { every: 3, skipSteps: 1, lastFrameDuration: 0.2 };
    const { frames, shown } = await record(folder, { options, come, passes: [{ kind: 'base', steps: 8, exact }] });
    expect(frames).toHaveLength(14);
    expect(shown[0]).toBe(20);
    expect(shown.at(-1)).toBe(10 * (come[0] ?? 0) + 10);
  });

  it('of more than there are leaves the finished image alone', async () => {
    const { shown, frames } = await record(await temporaryFolder(), { options: { skipSteps: 100 } });
    expect([shown, frames.length]).toEqual([[90], 10]);
  });
});

describe('passes', () => {
  const passes: Pass[] = [
    { kind: 'base', steps: 4, exact: true },
    { kind: 'hires', steps: 3, exact: true },
  ];

  it.each([
    ['all', [10, 20, 30, 40, 50, 60, 80]],
    ['base', [10, 20, 30, 50]],
    ['hires', [50, 60, 80]],
  ] as const)('%s make one movie at the final size', async (wanted, expected) => {
    const folder = await temporaryFolder();
    const last = expected.at(-1) ?? 0;
    const { shown, live, recordings } = await record(folder, { options: { passes: wanted }, passes, last });
    expect(live).toBe(true);
    expect(shown).toEqual(expected);
    expect(recordings[0]?.movie).toMatchObject(size);
  });

  it('are all taken where there is none of the kind that is wanted', async () => {
    const { shown } = await record(await temporaryFolder(), { options: { passes: 'hires' } });
    expect(shown).toHaveLength(8);
  });

  it('are marked in the metadata', async () => {
    const folder = await temporaryFolder();
    const { recordings } = await record(folder, { options: {}, passes });
    const { probeMovie } = await import('#src/movie/probe.js');
    const { tags } = await probeMovie(recordings[0]?.movie?.path ?? '');
    expect(tags.title).toContain('hires pass from step 5');
  });
});

describe('loops, pacing and holds', () => {
  it('a boomerang goes back to the first step and forth to the finished image', async () => {
    const { frames } = await record(await temporaryFolder(), { options: { loop: 'boomerang', duration: 0.7 } });
    const brightness = frames.map((frame) => round(brightnessOf(frame)));
    expect(brightness).toEqual([70, 60, 50, 40, 30, 20, 10, 20, 30, 40, 50, 60, 70, 90]);
  });

  it('exact pacing gives time by how much the picture changes', async () => {
    const options = { pacing: 'exact', interpolation: 'blend', duration: 2.4 } as const;
    const { frames } = await record(await temporaryFolder(), { options, last: 250 });
    const brightness = frames.map(brightnessOf);
    // From 10 to 250 at an even rate, though the last interval changes as much as 17 others.
    for (const [index, value] of brightness.entries()) {
      expect(Math.abs(value - (10 + (240 * index) / (frames.length - 1)))).toBeLessThan(6);
    }
  });

  it('even pacing does so live as far as changes can be foreseen, in the same number of frames', async () => {
    const options = { pacing: 'even', interpolation: 'blend', duration: 2.4 } as const;
    const { frames, live } = await record(await temporaryFolder(), { options, last: 250 });
    const brightness = frames.map(brightnessOf);
    expect(live).toBe(true);
    expect(frames).toHaveLength(48);
    expect(brightness).toEqual(brightness.toSorted((a, b) => a - b));
    expect([round(brightness[0] ?? 0), round(brightness.at(-1) ?? 0)]).toEqual([10, 250]);
    // Seven of eight intervals make a third of the change; all in the same time, it would be at frame 42.
    expect(brightness.findIndex((value) => value > 82)).toBeLessThan(36);
  });

  it.each([
    ['live', {}, true],
    ['afterwards', { pacing: 'exact' }, false],
  ] as const)('opens on the noise, in addition to the duration, %s', async (_, more, isLive) => {
    const options = { noiseDuration: 0.2, grid: true, ...more } as const;
    const { frames, live, recordings, grid } = await record(await temporaryFolder(), {
      options,
      noise: 160,
      images: 2,
    });
    expect(live).toBe(isLive);
    const brightness = frames.map((frame) => round(brightnessOf(frame)));
    expect(brightness).toHaveLength(14);
    expect(brightness.slice(0, 5)).toEqual([160, 160, 160, 160, 10]);
    expect(brightness.at(-1)).toBe(90);
    expect(recordings[0]).toMatchObject({ steps: 8, movie: { frames: 14 } });
    expect(grid).toMatchObject({ steps: 8, movie: { frames: 14 } });
  });

  it.each([
    [{ noiseDuration: 0.2, loop: 'boomerang' }, 160],
    [{ noiseDuration: 0.2, content: 'noisy' }, 160],
    [{ noiseDuration: 0.2, createAnimation: false }, 160],
    [{ noiseDuration: 0 }, 160],
    [{ noiseDuration: 0.2 }, undefined],
  ] as const)('shows no noise with %j and noise of brightness %s', async (options, noise) => {
    const folder = await temporaryFolder();
    const { frames, recordings } = await record(folder, { options: { ...options, deleteIntermediate: false }, noise });
    expect(frames.map((frame) => round(brightnessOf(frame)))).not.toContain(160);
    expect(frames).toHaveLength('createAnimation' in options ? 0 : 10);
    expect(recordings[0]?.kept).toHaveLength(8);
  });

  it('shows the finished image first and last, live', async () => {
    const options = { firstFrameDuration: 0.3, lastFrameDuration: 0.5 };
    const { frames, live } = await record(await temporaryFolder(), { options });
    const brightness = frames.map((frame) => round(brightnessOf(frame)));
    expect(live).toBe(true);
    expect(frames).toHaveLength(26);
    expect(brightness.slice(0, 6)).toEqual(Array(6).fill(90));
    expect(brightness[6]).toBe(10);
    expect(brightness.slice(-10)).toEqual(Array(10).fill(90));
  });

  it.each(
    (['x264', 'x265', 'vpx-vp9', 'svt-av1', 'prores_ks'] as const).flatMap((codec) =>
      [1, 2, 3, 5].map((hold) => [codec, hold] as const),
    ),
  )('shows the finished image first and last, live, by %s for %i frames', async (codec, hold) => {
    const options = { codec, fps: 10, firstFrameDuration: hold / 10 };
    const { frames, live, dropped } = await record(await temporaryFolder(), { options });
    expect({ live, dropped }).toEqual({ live: true, dropped: [] });
    expect(frames).toHaveLength(hold + 5);
  });

  it('auto gives a second for each ten planned steps', async () => {
    const passes = [{ kind: 'base', steps: 25, exact: true }] as const;
    const { frames } = await record(await temporaryFolder(), { options: { duration: 'auto' }, passes, come: [9] });
    expect(frames).toHaveLength(50);
  });
});

describe('several images', () => {
  it('are recorded side by side without mixing, and make a grid', async () => {
    const folder = await temporaryFolder();
    const { recordings, grid } = await record(folder, { options: { grid: true }, images: 3 });
    const movies = recordings.map(({ movie }) => basename(movie?.path ?? ''));
    expect(movies).toEqual(['0-x.mp4', '1-x.mp4', '2-x.mp4']);
    for (const { movie } of recordings) expect(await decodeMovie(movie?.path ?? '')).toHaveLength(10);
    expect(grid?.movie).toMatchObject({ width: 96, frames: 10 });
    expect(grid?.movie?.height).toBeGreaterThan(32);
    expect((await readdir(join(folder, 'animation'))).sort()).toEqual([...movies, 'grid-0-x.mp4']);
    expect(await readdir(folder)).toEqual(['animation']);
  });

  it('show as many pictures in the grid as in their own movies, when steps are left out', async () => {
    const options = { grid: true, every: 4, duration: 0.5 };
    const passes = [{ kind: 'base', steps: 7, exact: true }] as const;
    const { recordings, grid } = await record(await temporaryFolder(), { options, images: 2, passes });
    expect([recordings[0]?.steps, grid?.steps]).toEqual([3, 3]);
  });

  it.each(['jpg', 'webp'] as const)('keep their steps as %s where that is wanted', async (intermediateFormat) => {
    const folder = await temporaryFolder();
    const { recordings } = await record(folder, { options: { intermediateFormat, deleteIntermediate: false } });
    expect(recordings[0]?.kept).toHaveLength(8);
    for (const path of recordings[0]?.kept ?? []) expect(path).toMatch(new RegExp(`\\.${intermediateFormat}$`));
  });
});
