import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { animate } from '#src/app/animate.js';
import type { RunEvent } from '#src/app/events.js';
import type { GenerationEvent, Host } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** A host that yields what it is given. */
function hostOf(generate: () => AsyncGenerator<GenerationEvent>): Host<undefined> {
  return { name: 'test', describe: async () => ({ models: [], samplers: [], schedulers: [] }), generate };
}

function start(images: number): GenerationEvent {
  const infos = Array.from({ length: images }, (_, index) => ({
    ...{ batch: 0, position: index, seed: index + 1, prompt: 'x', infotext: '' },
  }));
  return { type: 'start', images: infos, passes: [{ kind: 'base', steps: 2, exact: true }] };
}

function image(index: number, picture: Picture): GenerationEvent {
  return { type: 'image', image: index, picture, infotext: '', reason: 'finished' };
}

describe('a run', () => {
  it.each([
    ['are more than memory should hold', [6000, 6000, 6000, 8], true],
    ['are one that is larger than that alone', [9600, 8, 8, 8], true],
    ['are small', [8, 8, 8, 8], false],
  ] as const)('lets a host wait that is ahead when finished images %s', async (_, sides, waits) => {
    const outdir = await temporaryFolder();
    const events: RunEvent[] = [];
    const memory = new Uint8Array(9600 * 9600 * 3);
    let writtenBeforeLast = 0;
    const host = hostOf(async function* () {
      yield start(sides.length);
      for (const [index, side] of sides.entries()) {
        writtenBeforeLast = events.filter(({ type }) => type === 'image').length;
        yield image(index, { width: side, height: side, data: memory.subarray(0, side * side * 3) });
      }
      yield { type: 'end' };
    });
    const animation = { createAnimation: false };
    await animate({ host, animation, outdir, onEvent: (event) => events.push(event) });
    expect(writtenBeforeLast > 0).toBe(waits);
    expect(await readdir(join(outdir, 'txt2img-images'))).toHaveLength(sides.length);
  });

  it('without an animation releases every step and leaves the images alone', async () => {
    const outdir = await temporaryFolder();
    const events: RunEvent[] = [];
    const asked: string[] = [];
    const host = hostOf(async function* () {
      yield start(1);
      for (const step of [1, 2]) {
        const picture = async () => {
          asked.push(`picture ${step}`);
          return plain(8, 8, 0, 0, 0);
        };
        yield { type: 'step', image: 0, pass: 0, step, picture, release: () => asked.push(`release ${step}`) };
      }
      yield image(0, plain(8, 8, 0, 0, 0));
      yield { type: 'end' };
    });
    const results = await animate({ host, animation: null, outdir, onEvent: (event) => events.push(event) });
    expect(results).toEqual([]);
    expect(asked).toEqual(['release 1', 'release 2']);
    expect(events.map(({ type }) => type)).toEqual(['start', 'step', 'step', 'image']);
    expect(await readdir(outdir, { recursive: true })).toEqual(['txt2img-images', join('txt2img-images', '1-x.png')]);
  });

  it('reports every finished movie when the host fails after its images', async () => {
    const outdir = await temporaryFolder();
    const events: RunEvent[] = [];
    const host = hostOf(async function* () {
      yield start(2);
      for (const index of [0, 1]) yield image(index, plain(64, 64, 100 * index, 0, 0));
      yield { type: 'end' };
      throw new Error('the model fell silent');
    });
    const animation = { look: 'classic' as const, grid: true, duration: 0.5 };
    const run = animate({ host, animation, outdir, onEvent: (event) => events.push(event) });
    await expect(run).rejects.toThrow('the model fell silent');
    const told = events.flatMap((event) => (event.type === 'animation' ? [basename(event.path)] : []));
    expect(told.sort()).toEqual(['1-x.mp4', '2-x.mp4', 'grid-1-x.mp4']);
    expect((await readdir(join(outdir, 'txt2img-images', 'animation'))).sort()).toEqual(told);
  });

  it('reports the failed movie first when the steps and their manifest are lost', async () => {
    const outdir = await temporaryFolder();
    const intermediate = join(outdir, 'txt2img-images', 'intermediate');
    const host = hostOf(async function* () {
      yield start(1);
      const picture = plain(64, 64, 200, 0, 0);
      for (const step of [1, 2]) yield { type: 'step', image: 0, pass: 0, step, picture: async () => picture };
      await expect.poll(async () => await readdir(intermediate)).toContain('0000002-1-x.png');
      await expect.poll(async () => (await readdir(intermediate)).some((name) => name.endsWith('.json'))).toBe(true);
      await rm(intermediate, { recursive: true });
      yield image(0, picture);
      yield { type: 'end' };
    });
    const run = animate({ host, animation: { look: 'classic', duration: 0.5, pacing: 'even' }, outdir });
    await expect(run).rejects.toThrow(/There is no picture .*to try again/);
  });
});
