import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { FinishReason, GenerationEvent } from '#src/hosts/host.js';
import { generateImages, type RunEnd, type RunEvent, stopReason } from '#src/hosts/remote/generate-images.js';
import { emerging } from '../../helpers/pictures.js';

const size = { width: 16, height: 8 };
const garbled = Buffer.from('no picture');

async function file(share: number): Promise<Buffer> {
  const { data, ...raw } = emerging(size.width, size.height, share);
  return await sharp(data, { raw: { ...raw, channels: 3 } })
    .png()
    .toBuffer();
}

type Run = Pick<Parameters<typeof generateImages>[0], 'makeImage'> &
  Partial<Parameters<typeof generateImages>[0]> & {
    readonly batchSize?: number;
    readonly count?: number;
    readonly onEvent?: (event: GenerationEvent) => void;
  };

/** Takes a run to its end, with every picture that can be read. */
async function generate({ count = 1, batchSize = 1, onEvent, ...run }: Run) {
  const images = Array.from({ length: count }, (_, index) => {
    const place = { batch: Math.floor(index / batchSize), position: index % batchSize };
    return { seed: index, variationSeed: 0, info: { ...place, seed: index, prompt: '', infotext: '', ...size } };
  });
  const plan = { images, passes: [{ kind: 'base', steps: 3, exact: false } as const], notes: [] };
  const outcome: string[] = [];
  let data: Buffer | undefined;
  try {
    for await (const event of generateImages({
      plan,
      program: 'Painter',
      signal: undefined,
      skips: undefined,
      ...run,
    })) {
      if (event.type === 'step') await event.picture('denoised').catch(() => {});
      if (event.type === 'image') data = Buffer.from(event.picture.data);
      if (event.type === 'image') outcome.push(`image ${event.image} ${event.reason}`);
      else if (event.type !== 'start') outcome.push(event.type);
      onEvent?.(event);
    }
  } catch (error) {
    outcome.push(error instanceof Error ? error.message : String(error));
  }
  return { outcome, data };
}

/** An image of these steps. */
function stepsThen(steps: readonly Buffer[], end: () => RunEnd): Run['makeImage'] {
  return async function* () {
    for (const [index, picture] of steps.entries()) yield { type: 'step', pass: 0, step: index + 1, picture };
    return end();
  };
}

const unreadable = expect.stringContaining('Painter sent a picture that cannot be read');

describe('a picture that cannot be read', () => {
  it('does not hide why the run failed, nor its end', async () => {
    const makeImage = stepsThen([garbled], () => {
      throw new Error('out of memory');
    });
    expect((await generate({ makeImage })).outcome).toEqual(['step', 'end', 'out of memory']);
  });

  it('is replaced by the last step, and reported', async () => {
    const makeImage = stepsThen([await file(0.5)], () => ({ reason: 'finished', file: garbled }));
    const { outcome, data } = await generate({ makeImage });
    expect(outcome).toEqual(['step', 'image 0 interrupted', 'end', unreadable]);
    expect(data?.equals(emerging(size.width, size.height, 0.5).data)).toBe(true);
  });

  it('is replaced by a step before it', async () => {
    const makeImage = stepsThen([await file(0.5), garbled], () => ({ reason: 'interrupted' }));
    const { outcome, data } = await generate({ makeImage });
    expect(outcome).toEqual(['step', 'step', 'image 0 interrupted', 'end', unreadable]);
    expect(data?.equals(emerging(size.width, size.height, 0.5).data)).toBe(true);
  });
});

describe('a run of two batches of two images', () => {
  const endingWith = (reasons: readonly FinishReason[]): Run['makeImage'] =>
    async function* ({ seed }): AsyncGenerator<RunEvent, RunEnd, void> {
      yield { type: 'step', pass: 0, step: 1, picture: emerging(size.width, size.height, 0.5) };
      return { reason: reasons[seed] ?? 'finished' };
    };
  const run = async (rest: Run) =>
    (await generate({ count: 4, batchSize: 2, ...rest })).outcome.filter((each) => each.startsWith('image'));

  it('goes on with the next batch after an image that was skipped in the program', async () => {
    const makeImage = endingWith(['skipped']);
    expect(await run({ makeImage })).toEqual(['image 0 skipped', 'image 2 finished', 'image 3 finished']);
  });

  it('ends with an image that was interrupted in the program', async () => {
    const makeImage = endingWith(['finished', 'interrupted']);
    expect(await run({ makeImage })).toEqual(['image 0 finished', 'image 1 interrupted']);
  });

  it('skips the first batch before it has begun', async () => {
    const skips = new EventTarget();
    const onEvent = ({ type }: GenerationEvent) => type === 'start' && skips.dispatchEvent(new Event('skip'));
    const makeImage = endingWith([]);
    expect(await run({ makeImage, skips, onEvent })).toEqual(['image 2 finished', 'image 3 finished']);
  });

  it('gets a stop and a skip by the same signal', async () => {
    const reasons: unknown[] = [];
    const [stopping, skips] = [new AbortController(), new EventTarget()];
    const makeImage: Run['makeImage'] = async function* ({ seed }, signal) {
      yield { type: 'step', pass: 0, step: 1, picture: emerging(size.width, size.height, 0.5) };
      if (seed === 0) skips.dispatchEvent(new Event('skip'));
      else stopping.abort();
      reasons.push(stopReason(signal));
      return { reason: stopReason(signal) ?? 'finished' };
    };
    await run({ makeImage, skips, signal: stopping.signal });
    expect(reasons).toEqual(['skipped', 'interrupted']);
  });

  it('closes once, whether it ends, fails or is left', async () => {
    let closed = 0;
    const close = async () => {
      closed++;
      return [];
    };
    await run({ makeImage: endingWith([]), close });
    expect(closed).toBe(1);
    const failing = stepsThen([], () => {
      throw new Error('out of memory');
    });
    await generate({ makeImage: failing, close });
    expect(closed).toBe(2);
    const left = generateImages({
      ...{ plan: { images: [], passes: [], notes: ['a note'] }, program: 'Painter', makeImage: failing, close },
      ...{ signal: undefined, skips: undefined },
    });
    for await (const _ of left) break;
    expect(closed).toBe(3);
  });
});
