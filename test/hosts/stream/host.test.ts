import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '#src/hosts/host.js';
import { createStreamHost } from '#src/hosts/stream/host.js';
import { StepsAnimationError } from '#src/index.js';
import type { Picture } from '#src/pictures/picture.js';
import { plain } from '../../helpers/pictures.js';
import { end, message, rawImage, rawStep, start } from '../../helpers/stream.js';

const picture = plain(4, 3, 10, 20, 30);
const steps = [1, 2, 3].map((step) => rawStep(step, picture));
const whole = Buffer.concat([start(3), ...steps, rawImage(picture), end]);

const image = sharp(picture.data, { raw: { width: 4, height: 3, channels: 3 } });
const png = await image.clone().png().toBuffer();
const jpeg = await image.clone().jpeg().toBuffer();
const hugePng = withSize(png, 16_000, 16_000);

/** The same PNG with another size in its header: width and height, then the checksum of their chunk. */
function withSize(file: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(file);
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}

const decode = async () => picture;

type Outcome = { events: GenerationEvent[]; error: unknown; wasCut: boolean };

async function read(chunks: Iterable<Uint8Array>, decodeWith: () => Promise<Picture> = decode): Promise<Outcome> {
  const outcome: Outcome = { events: [], error: undefined, wasCut: false };
  const onCut = () => {
    outcome.wasCut = true;
  };
  const host = createStreamHost({ stream: Readable.from(chunks), decode: decodeWith, onCut });
  try {
    for await (const event of host.generate(undefined)) {
      outcome.events.push(event);
      if (event.type === 'step') event.release?.();
    }
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

const typesOf = ({ events }: Outcome) => events.map(({ type }) => type);

describe('a stream', () => {
  it('becomes events, however it is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: whole.length }), { maxLength: 20 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const chunks = places.slice(1).map((to, index) => whole.subarray(places[index], to));
        const outcome = await read(chunks);
        expect(typesOf(outcome)).toEqual(['start', 'step', 'step', 'step', 'image', 'end']);
        expect([outcome.error, outcome.wasCut]).toEqual([undefined, false]);
        const [, step] = outcome.events;
        const taken = step?.type === 'step' ? await step.picture('denoised') : undefined;
        expect(Buffer.from(taken?.data ?? []).equals(picture.data)).toBe(true);
      }),
    );
  });

  it('gives the noise and the noise levels that it contains', async () => {
    const noise = message({ type: 'noise', image: 0, picture: { format: 'rgb24', width: 4, height: 3 } }, picture.data);
    const outcome = await read([start(1), noise, rawStep(1, picture, { sigma: 14.6 }), rawImage(picture), end]);
    expect(typesOf(outcome)).toEqual(['start', 'noise', 'step', 'image', 'end']);
    expect(outcome.events[2]).toMatchObject({ step: 1, sigma: 14.6 });
    const [, given] = outcome.events;
    expect(given?.type === 'noise' ? await given.picture() : undefined).toEqual({
      width: 4,
      height: 3,
      data: Buffer.from(picture.data),
    });
  });

  it('that is cut anywhere ends as an interrupted run of what came whole', async () => {
    const firstStepEnds = start(3).length + (steps[0]?.length ?? 0);
    const imageEnds = whole.length - end.length;
    for (let length = 0; length < whole.length - 1; length++) {
      const outcome = await read([whole.subarray(0, length)]);
      const isEmpty = length < firstStepEnds;
      expect(outcome.wasCut).toBe(!isEmpty);
      const image = outcome.events.find((event) => event.type === 'image');
      const expected = length >= imageEnds ? 'finished' : isEmpty ? undefined : 'interrupted';
      expect(image?.type === 'image' ? image.reason : undefined).toBe(expected);
      expect(typesOf(outcome).at(-1)).toBe('end');
      if (isEmpty) expect(outcome.error).toMatchObject({ code: 'input' });
      else expect(outcome.error).toBeUndefined();
    }
  });

  it('of garbage never hangs and never yields anything but events and one clear error', async () => {
    const at = fc.nat(whole.length - 1);
    await fc.assert(
      fc.asyncProperty(at, fc.uint8Array({ minLength: 1, maxLength: 20 }), async (place, garbage) => {
        const broken = Buffer.from(whole);
        broken.set(garbage.subarray(0, whole.length - place), place);
        const outcome = await read([broken]);
        expect(typesOf(outcome).at(-1)).toBe('end');
        if (outcome.error !== undefined) expect(outcome.error).toBeInstanceOf(StepsAnimationError);
      }),
      { numRuns: 300 },
    );
  });

  const step2 = { type: 'step', image: 0, step: 2, picture: { format: 'png' } };
  const bytes = new Uint8Array(5);
  it.each([
    ['no JSON', [Buffer.from('hello\n')], /Message 3 .*JSON.*"hello"/],
    ['other text than UTF-8', [Buffer.from([0x7b, 0xff, 0x0a])], /UTF-8/],
    ['a line break after the bytes', [Buffer.from('\n')], /not a line break/],
    ['a second start', [start(3)], /only one start/],
    ['an unknown type', [message({ type: 'stop' })], /type: .*'start'.*'end'/],
    ['an unknown field', [message({ ...step2, colour: 1 }, bytes)], /colour/],
    ['a wrong noise level', [message({ ...step2, sigma: -1 }, bytes)], /sigma/],
    ['noise after a step', [message({ ...step2, type: 'noise', step: undefined }, bytes)], /noise of image 0/],
    ['no bytes', [message(step2)], /bytes/],
    ['another image than announced', [message({ ...step2, image: 1 }, bytes)], /no image 1/],
    ['another pass than announced', [message({ ...step2, pass: 1 }, bytes)], /no pass 1/],
    ['a step that came already', [rawStep(1, picture)], /step 1 .* cannot follow step 1/],
    ['fewer bytes than pixels', [rawStep(2, { ...picture, width: 5 })], /bytes: .*width × height × 3/],
    ['a picture that is too large', [rawStep(2, { ...picture, width: 20_000 })], /width: .*16384/],
    [
      'a picture of too many pixels',
      [rawStep(2, { ...picture, width: 16_000, height: 16_000 })],
      /picture: .*16000×16000/,
    ],
    ['bytes that are no picture', [message(step2, bytes)], /a png was announced, but the 5 bytes are no picture/],
    ['another format than announced', [message(step2, jpeg)], /a png was announced, but the bytes are a jpeg/],
    ['an image file of too many pixels', [message(step2, hugePng)], /16000×16000 is too large/],
    ['a line without an end', [Buffer.alloc(1024 * 1024 + 2, 'a')], /a line of more than/],
    ['a step after the finished image', [rawImage(picture), rawStep(2, picture)], /image 0 has ended/],
  ])('with %s keeps what came before and says what is wrong', async (_, messages, reason) => {
    const outcome = await read([start(3), rawStep(1, picture), ...messages]);
    expect(outcome.error).toMatchObject({ code: 'input', message: expect.stringMatching(reason) });
    expect(typesOf(outcome)).toEqual(['start', 'step', 'image', 'end']);
  });

  it.each([
    ['without a start', [rawStep(1, picture)], /must be a start/],
    [
      'of another version',
      [message({ type: 'start', version: 2, images: [{ seed: 1 }], passes: [{ steps: 1 }] })],
      /version/,
    ],
    ['in which nothing comes', [], /before the first step/],
    ['cut before the first step', [start(3)], /before the first step/],
    ['that ends before the first step', [start(3), message({ type: 'end' })], /before the first step/],
    ['of nothing but an end', [message({ type: 'end' })], /before the first step/],
  ])('%s is refused', async (_, messages, reason) => {
    const { error } = await read(messages);
    expect(error).toMatchObject({ code: 'input', message: expect.stringMatching(reason) });
  });

  it('goes on with the other images when the last step of one cannot be decoded', async () => {
    const images = [{ seed: 1 }, { seed: 2 }];
    const encoded = message({ type: 'step', image: 0, step: 1, picture: { format: 'png' } }, png);
    const damaged = async () => Promise.reject(new Error('it is damaged'));
    const outcome = await read([start(3, images), encoded, rawStep(1, picture, { image: 1 })], damaged);
    expect(typesOf(outcome)).toEqual(['start', 'step', 'step', 'image', 'end']);
    expect(outcome.error).toMatchObject({ code: 'input', message: expect.stringMatching(/Message 2: .*damaged/) });
  });

  it('may not have more images in progress than there is memory for', async () => {
    const size = { width: 8000, height: 8000 };
    const bytes = size.width * size.height * 3;
    const part = Buffer.alloc(1_000_000);
    const step = (image: number) => {
      const fields = { type: 'step', image, step: 1, picture: { format: 'rgb24', ...size }, bytes };
      return message(fields);
    };
    const outcome = await read([
      start(3, [{ seed: 1 }, { seed: 2 }]),
      step(0),
      ...Array.from({ length: bytes / part.length }, () => part),
      step(1),
    ]);
    expect(typesOf(outcome)).toEqual(['start', 'step', 'image', 'end']);
    expect(outcome.error).toMatchObject({
      message: expect.stringMatching(/Message 3 .* in progress are 384000000 bytes/),
    });
  });

  it('that is aborted ends like one that is cut, or says that there was nothing', async () => {
    const runUntil = async (type: GenerationEvent['type'], ...chunks: Uint8Array[]) => {
      const controller = new AbortController();
      // It never ends by itself.
      const stream = new Readable({ read() {} });
      for (const chunk of chunks) stream.push(chunk);
      const types: string[] = [];
      for await (const event of createStreamHost({ stream, decode }).generate(undefined, controller.signal)) {
        types.push(event.type);
        if (event.type === type) controller.abort();
      }
      return types;
    };
    expect(await runUntil('step', start(3), rawStep(1, picture))).toEqual(['start', 'step', 'image', 'end']);
    await expect(runUntil('start', start(3))).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('is read no further than pictures are taken or released, and says so once', async () => {
    const large = plain(1024, 1024, 1, 2, 3);
    let sent = 0;
    function* chunks() {
      yield start(100);
      for (sent = 1; sent <= 100; sent++) yield rawStep(sent, large);
      yield end;
    }
    let waits = 0;
    let tellFull = () => {};
    const onWait = () => {
      waits++;
      tellFull();
    };
    const stream = Readable.from(chunks(), { highWaterMark: 1 });
    const events = createStreamHost({ stream, decode, onWait }).generate(undefined)[Symbol.asyncIterator]();
    /** The steps that come until the room is full, and the one that is waiting to come in then. */
    const fill = async () => {
      const full = new Promise<'full'>((resolve) => {
        tellFull = () => resolve('full');
      });
      const arrived: GenerationEvent[] = [];
      for (;;) {
        const next = events.next();
        const result = await Promise.race([next, full]);
        if (result === 'full') return { arrived, next };
        if (!result.done) arrived.push(result.value);
      }
    };
    const { arrived, next } = await fill();
    // 32 MB hold ten of these pictures; the next one and a read-ahead are on their way.
    expect(arrived.filter(({ type }) => type === 'step')).toHaveLength(10);
    expect(sent).toBeLessThanOrEqual(13);
    const [first, second, third] = arrived.filter((event) => event.type === 'step');
    await first?.picture('denoised');
    expect((await next).value).toMatchObject({ type: 'step', step: 11 });
    second?.release?.();
    expect((await events.next()).value).toMatchObject({ type: 'step', step: 12 });
    // A step makes room but once.
    await second?.picture('denoised');
    third?.release?.();
    third?.release?.();
    expect((await events.next()).value).toMatchObject({ type: 'step', step: 13 });
    const waiting = events.next();
    expect(await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve, 'nothing'))])).toBe('nothing');
    expect(waits).toBe(1);
    for (const event of arrived) if (event.type === 'step') event.release?.();
    expect((await waiting).value).toMatchObject({ type: 'step', step: 14 });
    stream.destroy();
  });
});
