import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job, JobEvent, JobProgress } from '#src/service/job.js';
import { JobEvents } from '#src/service/jobs/job-events.js';

function progress(id: string, step: number): JobEvent {
  return { type: 'progress', id, progress: { step } as JobProgress };
}

function ended(id: string): JobEvent {
  return { type: 'ended', job: { id } as Job };
}

async function all(events: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const read: JobEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

describe('events', () => {
  const some = fc.array(
    fc.record({ id: fc.constantFrom('a', 'b'), isProgress: fc.boolean(), reads: fc.nat({ max: 2 }) }),
    { maxLength: 60 },
  );

  it('come in their order to a reader of any pace; only progress gives way to newer progress', async () => {
    await fc.assert(
      fc.asyncProperty(some, async (plan) => {
        const events = new JobEvents();
        const reader = events.read({}, new AbortController().signal)[Symbol.asyncIterator]();
        const sent: JobEvent[] = [];
        const got: JobEvent[] = [];
        for (const [step, { id, isProgress, reads }] of plan.entries()) {
          const event = isProgress ? progress(id, step) : ended(`${id}${step}`);
          sent.push(event);
          events.emit(event);
          for (let i = 0; i < reads; i++) {
            // A reader never waits here for what is not there.
            if (got.at(-1) === event) break;
            const { value } = await reader.next();
            if (value) got.push(value);
          }
        }
        events.end();
        for (let next = await reader.next(); !next.done; next = await reader.next()) got.push(next.value);
        expect(got).toEqual(sent.filter((event) => got.includes(event)));
        expect(got.filter(({ type }) => type === 'ended')).toEqual(sent.filter(({ type }) => type === 'ended'));
        for (const id of ['a', 'b']) {
          const isOfId = (event: JobEvent) => event.type === 'progress' && event.id === id;
          expect(got.findLast(isOfId)).toBe(sent.findLast(isOfId));
        }
      }),
    );
  });

  it('keep no more than the newest progress for a reader that does not read', async () => {
    const events = new JobEvents();
    const reader = events.read({}, new AbortController().signal);
    for (let step = 0; step < 100_000; step++) events.emit(progress('a', step));
    events.end();
    expect(await all(reader)).toEqual([progress('a', 99_999)]);
  });

  it('end for a reader that leaves too many waiting, and no other', async () => {
    const events = new JobEvents();
    const slow = events.read({}, new AbortController().signal);
    const other = events.read({ id: 'last' }, new AbortController().signal);
    for (let i = 0; i < 20_000; i++) events.emit(ended(`${i}`));
    expect((await all(slow)).length).toBeLessThan(20_000);
    events.emit(ended('last'));
    events.end();
    expect(await all(other)).toEqual([ended('last')]);
  });

  it('are those of one job where only they are wanted, from the call on until the signal aborts', async () => {
    const events = new JobEvents();
    events.emit(ended('a'));
    const stop = new AbortController();
    const reader = events.read({ id: 'a' }, stop.signal);
    events.emit(progress('b', 1));
    events.emit(progress('a', 2));
    stop.abort();
    events.emit(progress('a', 3));
    expect(await all(reader)).toEqual([progress('a', 2)]);
    expect(await all(events.read({}, AbortSignal.abort()))).toEqual([]);
  });
});
