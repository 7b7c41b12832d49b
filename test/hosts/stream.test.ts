import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '#dist/hosts/host.js';
import { createStreamHost } from '#dist/hosts/stream.js';
import { generationOptionsSchema, StepsAnimationError } from '#dist/index.js';
import { plain } from '../helpers/pictures.js';
import { end, message, rawImage, rawStep, start } from '../helpers/stream.js';

const request = generationOptionsSchema.parse({});
const picture = plain(4, 3, 10, 20, 30);
const steps = [1, 2, 3].map((step) => rawStep(step, picture));
const whole = Buffer.concat([start(3), ...steps, rawImage(picture), end]);

type Outcome = { events: GenerationEvent[]; error: unknown; wasCut: boolean };

async function read(chunks: Iterable<Uint8Array>): Promise<Outcome> {
  const outcome: Outcome = { events: [], error: undefined, wasCut: false };
  const onCut = () => {
    outcome.wasCut = true;
  };
  const host = createStreamHost({ stream: Readable.from(chunks), decode: async () => picture, onCut });
  try {
    for await (const event of host.generate(request)) outcome.events.push(event);
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

  it('that is cut anywhere ends as an interrupted run of what came whole', async () => {
    const firstStepEnds = start(3).length + (steps[0]?.length ?? 0);
    const imageEnds = whole.length - end.length;
    for (let length = 0; length < whole.length - 1; length++) {
      const outcome = await read([whole.subarray(0, length)]);
      expect(outcome.wasCut).toBe(true);
      const image = outcome.events.find((event) => event.type === 'image');
      const expected = length >= imageEnds ? 'finished' : length >= firstStepEnds ? 'interrupted' : undefined;
      expect(image?.type === 'image' ? image.reason : undefined).toBe(expected);
      expect(typesOf(outcome).at(-1)).toBe('end');
      if (length < start(3).length) expect(outcome.error).toMatchObject({ code: 'input' });
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
    ['no JSON', [Buffer.from('hello\n')], /Message 3 .*JSON/],
    ['a second start', [start(3)], /only one start/],
    ['an unknown type', [message({ type: 'stop' })], /type/],
    ['an unknown field', [message({ ...step2, sigma: 1 }, bytes)], /sigma/],
    ['no bytes', [message(step2)], /bytes/],
    ['another image than announced', [message({ ...step2, image: 1 }, bytes)], /no image 1/],
    ['another pass than announced', [message({ ...step2, pass: 1 }, bytes)], /no pass 1/],
    ['a step that came already', [rawStep(1, picture)], /step 1 .* cannot follow step 1/],
    ['fewer bytes than pixels', [rawStep(2, { ...picture, width: 5 })], /5×3 pixels/],
    ['a picture that is too large', [rawStep(2, { ...picture, width: 20_000 })], /width/],
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
    ['in which nothing comes', [], /Nothing came/],
  ])('%s is refused', async (_, messages, reason) => {
    const { error } = await read(messages);
    expect(error).toMatchObject({ code: 'input', message: expect.stringMatching(reason) });
  });

  it('is read no further than pictures are taken, and says so once', async () => {
    const large = plain(1024, 1024, 1, 2, 3);
    let sent = 0;
    function* chunks() {
      yield start(100);
      for (let step = 1; step <= 100; step++) {
        sent = step;
        yield rawStep(step, large);
      }
      yield end;
    }
    let waits = 0;
    const stream = Readable.from(chunks(), { highWaterMark: 1 });
    const host = createStreamHost({ stream, decode: async () => picture, onWait: () => waits++ });
    const events = host.generate(request)[Symbol.asyncIterator]();
    const taken: GenerationEvent[] = [];
    let pending = events.next();
    const nextEvent = async () => {
      // A read that has to wait stays pending while everything else that can happen has happened.
      const idle = new Promise<'waits'>((resolve) => setTimeout(resolve, 200, 'waits'));
      const result = await Promise.race([pending, idle]);
      if (result === 'waits') return undefined;
      pending = events.next();
      return result.done ? undefined : result.value;
    };
    for (let event = await nextEvent(); event; event = await nextEvent()) taken.push(event);
    expect(sent).toBeLessThan(20);
    expect(waits).toBe(1);
    // Steps that are passed over make room, too.
    for (const event of taken) if (event.type === 'step') event.release?.();
    const more = await pending;
    expect(more.value).toMatchObject({ type: 'step' });
    stream.destroy();
  });
});
