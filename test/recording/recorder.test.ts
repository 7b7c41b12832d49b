import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInfotext } from '#src/app/inspect-file.js';
import { readPngText } from '#src/infotext/png.js';
import { probeMovie } from '#src/movie/probe.js';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import type { AnimationOptionsInput } from '#src/options/option-types.js';
import type { Picture, Size } from '#src/pictures/picture.js';
import { Recorder, type RecorderEvent } from '#src/recording/recorder.js';
import { decodeMovie, ssim } from '../helpers/movies.js';
import { emerging } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const infotext = 'a red apple, on a table\nNegative prompt: blurry\nSteps: 8, Sampler: Euler a, CFG scale: 4, Seed: 42';
const size = { width: 144, height: 128 };

type Plan = {
  readonly steps: number;
  readonly planned?: number | undefined;
  readonly options?: AnimationOptionsInput;
  readonly complete?: boolean;
  readonly events?: RecorderEvent[];
  readonly last?: Picture;
  readonly infotext?: string;
  readonly order?: readonly number[];
  readonly picture?: (step: number) => Picture | (() => Promise<Picture>);
};

async function record(folder: string, plan: Plan) {
  const { steps, options = {}, complete = true, events = [], picture } = plan;
  const animation = animationOptionsSchema.parse({ minSize: 0, duration: 1, ...options });
  await using recorder = await Recorder.open({ animation, folder, onEvent: (event) => events.push(event) }, size);
  const image = {
    batch: 0,
    position: 0,
    seed: 42,
    prompt: 'a red apple',
    infotext: plan.infotext ?? infotext,
    ...size,
  };
  const planned = 'planned' in plan ? plan.planned : steps;
  recorder.start([image], [{ kind: 'base', steps: planned ?? steps, exact: planned !== undefined }]);
  for (const step of plan.order ?? Array.from({ length: steps }, (_, index) => index + 1)) {
    recorder.step({ image: 0, pass: 0, step }, picture?.(step) ?? emerging(size.width, size.height, step / steps));
  }
  const reason = complete ? 'finished' : 'interrupted';
  return await recorder.finish(0, { picture: plan.last ?? emerging(size.width, size.height, 1), infotext, reason });
}

function grey({ width, height }: Size): Picture {
  return { width, height, data: new Uint8Array(width * height * 3).fill(128) };
}

/** A picture with something painted into its middle. */
function withPatch({ width, height, data }: Picture): Picture {
  const painted = Uint8Array.from(data);
  forPatch(width, height, (offset) => painted.fill(20, offset, offset + 3));
  return { width, height, data: painted };
}

/** Mean of the red samples of the patch. */
function patchOf({ width, height, data }: Picture): number {
  let sum = 0;
  let count = 0;
  forPatch(width, height, (offset) => {
    sum += data[offset] ?? 0;
    count++;
  });
  return sum / count;
}

function forPatch(width: number, height: number, visit: (offset: number) => void): void {
  for (let y = height >> 2; y < height >> 1; y++) {
    for (let x = width >> 2; x < width >> 1; x++) visit(3 * (y * width + x));
  }
}

const debugOf = (events: RecorderEvent[]) => events.flatMap((event) => (event.type === 'debug' ? [event.message] : []));

/** @returns the processes that were killed */
async function killMovieProcess(): Promise<string[]> {
  const killed: string[] = [];
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  for (const id of children.trim().split(' ')) {
    const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8');
    if (!commandLine.includes('movie/process')) continue;
    process.kill(Number(id), 'SIGKILL');
    killed.push(id);
  }
  return killed;
}

describe('recorder', () => {
  it('makes a movie live that ends on the finished image, and clears up', async () => {
    const folder = await temporaryFolder();
    const events: RecorderEvent[] = [];
    const { movie, kept, steps } = await record(folder, { steps: 8, events });
    expect(debugOf(events)[1]).toMatch(/^live/);
    expect(movie).toMatchObject({ frames: 30, ...size, path: join(folder, 'animation', '42-a red apple.mp4') });
    expect([kept, steps]).toEqual([[], 8]);
    expect(await readdir(folder)).toEqual(['animation']);
    expect(await readdir(join(folder, 'animation'))).toEqual(['42-a red apple.mp4']);
    const frames = await decodeMovie(movie?.path ?? '');
    expect(frames).toHaveLength(30);
    expect(
      ssim(frames.at(-1) ?? emerging(size.width, size.height, 0), emerging(size.width, size.height, 1)),
    ).toBeGreaterThan(0.97);
    expect(
      ssim(frames[0] ?? emerging(size.width, size.height, 1), emerging(size.width, size.height, 1 / 8)),
    ).toBeGreaterThan(0.97);
  });

  it('writes a file that plays everywhere and contains how it was made', async () => {
    const folder = await temporaryFolder();
    const { movie } = await record(folder, { steps: 5 });
    const path = movie?.path ?? '';
    expect(await probeMovie(path)).toMatchObject({
      codec: 'h264',
      pixelFormat: 'yuv420p',
      bt709: true,
      fps: 30,
      duration: 1,
    });
    const { tags } = await probeMovie(path);
    expect(tags.comment).toBe(infotext);
    for (const part of ['a red apple', 'blurry', '42', 'Euler a', 'blend']) {
      expect(`${tags.title}${tags.description}`).toContain(part);
    }
    const boxes = (await readFile(path)).toString('latin1');
    expect(boxes.indexOf('moov')).toBeLessThan(boxes.indexOf('mdat'));
  });

  it.each(['gif', 'webp', 'apng', 'vp9', 'prores'])('writes its infotext into a %s', async (codec) => {
    const { movie } = await record(await temporaryFolder(), { steps: 3, options: { codec } });
    expect(await readInfotext(movie?.path ?? '')).toBe(infotext);
  });

  it('gives the same frames live and afterwards', async () => {
    const folder = await temporaryFolder();
    const live = await record(folder, { steps: 7 });
    const events: RecorderEvent[] = [];
    const after = await record(folder, { steps: 7, planned: undefined, events });
    expect(debugOf(events)[1]).toMatch(/^after/);
    expect(after.movie?.path).toMatch(/-1\.mp4$/);
    const frames = await decodeMovie(after.movie?.path ?? '');
    // The frames are the same, but x264's rate control is not exactly reproducible.
    for (const [index, frame] of (await decodeMovie(live.movie?.path ?? '')).entries()) {
      expect(ssim(frame, frames[index] ?? emerging(size.width, size.height, 0))).toBeGreaterThan(0.97);
    }
    expect(frames).toHaveLength(30);
  });

  it.each([
    ['fewer', 4],
    ['more', 13],
  ])('keeps the duration when %s steps come than planned', async (_, steps) => {
    const folder = await temporaryFolder();
    const { movie } = await record(folder, { steps, planned: 8 });
    expect(movie?.frames).toBe(30);
    expect(await readdir(join(folder, 'animation'))).toEqual(['42-a red apple.mp4']);
  });

  it.each(['none', 'blend', 'smooth', 'mci'] as const)(
    'goes over to a retouched image by a cross-fade, with %s',
    async (interpolation) => {
      const folder = await temporaryFolder();
      const events: RecorderEvent[] = [];
      const last = withPatch(emerging(size.width, size.height, 1));
      const options = { interpolation, duration: 2, encoderSettings: 'crf=1' };
      const { movie, steps } = await record(folder, { steps: 20, options, last, events });
      expect(steps).toBe(20);
      expect(debugOf(events).join()).toContain('cross-fade');
      const frames = await decodeMovie(movie?.path ?? '');
      expect(frames).toHaveLength(60);
      // The patch comes up bit by bit, over 0.4 seconds.
      const brightness = frames.map((frame) => patchOf(frame));
      const [from = 0, to = 0] = [brightness.at(-14), brightness.at(-1)];
      expect(Math.abs(to - from)).toBeGreaterThan(60);
      const between = brightness
        .slice(-13, -1)
        .filter((value) => Math.abs(value - from) > 4 && Math.abs(value - to) > 4);
      expect(between.length).toBeGreaterThanOrEqual(8);
      expect(ssim(frames.at(-1) ?? last, last)).toBeGreaterThan(0.97);
    },
  );

  it.each([
    ['an image that is merely enlarged', 2, 1],
    ['a rough preview', 1, 1 / 8],
  ])('takes %s for no retouching', async (_, enlarged, reduced) => {
    const events: RecorderEvent[] = [];
    const [width, height] = [size.width, size.height];
    const { steps } = await record(await temporaryFolder(), {
      ...{ steps: 8, events, last: emerging(width * enlarged, height * enlarged, 1) },
      picture: (step) => emerging(width * reduced, height * reduced, step / 8),
    });
    expect(steps).toBe(8);
    expect(debugOf(events).join()).not.toContain('cross-fade');
  });

  it('keeps numbered intermediate images with their infotext when asked to', async () => {
    const folder = await temporaryFolder();
    const { kept } = await record(folder, { steps: 3, options: { deleteIntermediate: false } });
    const names = ['0000001-42-a red apple.png', '0000002-42-a red apple.png', '0000003-42-a red apple.png'];
    expect(kept).toEqual(names.map((name) => join(folder, 'intermediate', name)));
    const png = await readFile(kept[1] ?? '');
    expect(readPngText(png, 'parameters')).toBe(`${infotext}, intermediate: 002`);
  });

  it.each([
    ['jpg', 1],
    ['png', 0],
  ] as const)(
    'says whether the prompt is too long for intermediate images as %s',
    async (intermediateFormat, notes) => {
      const events: RecorderEvent[] = [];
      const long = `${'ä'.repeat(40_000)}\n${infotext}`;
      const options = { deleteIntermediate: false, intermediateFormat };
      const { kept } = await record(await temporaryFolder(), { steps: 2, options, events, infotext: long });
      expect(events.filter(({ type }) => type === 'note')).toHaveLength(notes);
      const written = (await readInfotext(kept[0] ?? '')) ?? '';
      expect(written === `${long}, intermediate: 001`).toBe(notes === 0);
      expect(written).toMatch(/\nSteps: 8, .* Seed: 42, intermediate: 001$/);
    },
  );

  it('makes the movie of an interrupted run at its full duration, or keeps its images', async () => {
    const folder = await temporaryFolder();
    const movie = await record(folder, { steps: 3, planned: 8, complete: false });
    expect(movie.movie?.frames).toBe(30);
    const left = await record(folder, {
      steps: 3,
      planned: 8,
      complete: false,
      options: { runIncomplete: false },
    });
    expect(left.movie).toBeNull();
    expect(left.kept).toHaveLength(3);
    expect(await readdir(join(folder, 'animation'))).toEqual(['42-a red apple.mp4']);
  });

  it('makes no movie when none is wanted', async () => {
    const folder = await temporaryFolder();
    const { movie, kept } = await record(folder, { steps: 3, options: { createAnimation: false } });
    expect(movie).toBeNull();
    expect(kept).toHaveLength(3);
    expect(await readdir(folder)).toEqual(['intermediate']);
  });

  it.each([1, 2])('manages with %i steps', async (steps) => {
    const folder = await temporaryFolder();
    const { movie } = await record(folder, { steps });
    expect(movie?.frames).toBe(30);
  });

  it('enlarges smaller steps to the size of the finished image', async () => {
    const folder = await temporaryFolder();
    const { movie } = await record(folder, { steps: 4, picture: (step) => emerging(24, 16, step / 4) });
    expect(movie).toMatchObject({ ...size, frames: 30 });
  });

  it.each([
    { width: 288, height: 256 },
    { width: 144, height: 130 },
  ])('retimes the steps when the finished image is $width×$height, not as announced', async (last) => {
    const events: RecorderEvent[] = [];
    const options = { debug: true };
    const { movie } = await record(await temporaryFolder(), {
      ...{ steps: 4, options, events },
      picture: () => grey(size),
      last: grey(last),
    });
    expect(movie).toMatchObject({ ...last, frames: 30 });
    expect(debugOf(events)).toContain(`the live movie was dropped: the finished image is ${last.width}×${last.height}`);
  });

  it('says of each step whether the options select it', async () => {
    const animation = animationOptionsSchema.parse({ duration: 0.5, skipSteps: 1, every: 2, createAnimation: false });
    await using recorder = await Recorder.open({ animation, folder: await temporaryFolder() }, size);
    recorder.start(
      [{ batch: 0, position: 0, seed: 42, prompt: '', infotext: '', ...size }],
      [{ kind: 'base', steps: 5, exact: true }],
    );
    const isSelected = [1, 2, 3, 4].map((step) =>
      recorder.step({ image: 0, pass: 0, step }, emerging(size.width, size.height, step / 5)),
    );
    expect(isSelected).toEqual([false, true, false, true]);
  });

  it('records every step when they come faster than they can be stored', async () => {
    const folder = await temporaryFolder();
    const last = emerging(512, 512, 1);
    const { movie, steps } = await record(folder, {
      steps: 90,
      last,
      picture: (step) => emerging(512, 512, step / 90),
    });
    expect(movie?.frames).toBe(30);
    expect(steps).toBe(90);
    expect(await readdir(folder)).toEqual(['animation']);
  });

  it('goes on with a new process when the movie process is killed, and loses no step', async () => {
    const folder = await temporaryFolder();
    const killed: string[] = [];
    const { movie, steps } = await record(folder, {
      steps: 12,
      picture: (step) => async () => {
        if (step === 6) killed.push(...(await killMovieProcess()));
        return emerging(size.width, size.height, step / 12);
      },
    });
    expect(killed).toHaveLength(1);
    expect(movie?.frames).toBe(30);
    expect(steps).toBe(12);
    expect(await readdir(join(folder, 'animation'))).toEqual(['42-a red apple.mp4']);
  });

  it('leaves nothing of an image that never came, and records the next run', async () => {
    const folder = await temporaryFolder();
    const animation = animationOptionsSchema.parse({ duration: 1 });
    await using recorder = await Recorder.open({ animation, folder }, size);
    const image = { batch: 0, position: 0, seed: 42, prompt: 'a red apple', infotext, ...size };
    const last = { picture: emerging(size.width, size.height, 1), infotext, reason: 'finished' } as const;
    for (const hasImage of [false, true]) {
      recorder.start([image], [{ kind: 'base', steps: 2, exact: true }]);
      recorder.step({ image: 0, pass: 0, step: 1 }, emerging(size.width, size.height, 0.5));
      if (hasImage) await recorder.finish(0, last);
      await recorder.end();
      expect(await readdir(join(folder, 'animation'))).toEqual(hasImage ? ['42-a red apple.mp4'] : []);
    }
  });

  it('waits for a step that came out of order', async () => {
    const folder = await temporaryFolder();
    const { steps, movie } = await record(folder, { steps: 5, order: [1, 2, 4, 5, 3] });
    expect([steps, movie?.frames]).toEqual([5, 30]);
    expect(await readdir(folder)).toEqual(['animation']);
  });

  it('finds the steps again that a killed movie process had saved already', async () => {
    const folder = await temporaryFolder();
    const intermediate = join(folder, 'intermediate');
    // So long that the movie is behind the files.
    const options = { duration: 120, fps: 60, deleteIntermediate: false };
    const recording = record(folder, { steps: 8, options });
    const names = Array.from({ length: 8 }, (_, index) => `000000${index + 1}-42-a red apple.png`);
    await expect.poll(async () => await readdir(intermediate), { interval: 1 }).toContain(names[3]);
    expect(await killMovieProcess()).toHaveLength(1);
    expect((await recording).kept).toEqual(names.map((name) => join(intermediate, name)));
    expect((await readdir(intermediate)).filter((name) => name.endsWith('.png'))).toEqual(names);
  });

  it('keeps its steps though another run of the same folder ends before its first one', async () => {
    const folder = await temporaryFolder();
    const animation = animationOptionsSchema.parse({ duration: 1 });
    await using first = await Recorder.open({ animation, folder, onEvent: () => {} }, size);
    await record(folder, { steps: 2 });
    await expect(access(join(folder, 'intermediate'))).rejects.toThrow();
    first.start(
      [{ batch: 0, position: 0, seed: 1, prompt: 'x', infotext, ...size }],
      [{ kind: 'base', steps: 2, exact: true }],
    );
    for (const step of [1, 2]) first.step({ image: 0, pass: 0, step }, emerging(size.width, size.height, step / 2));
    await first.finish(0, { picture: emerging(size.width, size.height, 1), infotext, reason: 'finished' });
    expect((await readdir(join(folder, 'animation'))).toSorted()).toEqual(['1-x.mp4', '42-a red apple.mp4']);
  });

  it('never leaves the save location', async () => {
    const folder = await temporaryFolder();
    const options = { intermediatePath: '../elsewhere' };
    await expect(record(folder, { steps: 2, options })).rejects.toMatchObject({ code: 'usage' });
    await expect(access(join(folder, '..', 'elsewhere'))).rejects.toThrow();
  });

  it('passes on what goes wrong while a step is decoded', async () => {
    const folder = await temporaryFolder();
    const picture = (step: number) => async () => {
      if (step === 2) throw new Error('the decoder has no more memory');
      return emerging(size.width, size.height, 0.5);
    };
    await expect(record(folder, { steps: 3, picture })).rejects.toThrow('the decoder has no more memory');
    expect(await readdir(join(folder, 'animation'))).toEqual([]);
  });
});
