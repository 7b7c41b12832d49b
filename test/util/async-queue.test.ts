import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AsyncQueue } from '#src/util/async-queue.js';

type Item = { readonly value: number };

const item = (value: number): Item => ({ value });

/** What can be done to a queue. */
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('push' as const), value: fc.nat(99) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('take' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('remove' as const), divisor: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('end' as const, 'fail' as const, 'return' as const) }) },
);

describe('an async queue', () => {
  it('behaves like an array that can be closed, whatever is done to it', async () => {
    const error = new Error('the sender is gone');
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const queue = new AsyncQueue<Item>();
        let model: number[] = [];
        let closed: 'end' | 'fail' | undefined;
        for (const one of operations) {
          if (one.type === 'push') {
            queue.push(item(one.value));
            if (!closed) model.push(one.value);
          } else if (one.type === 'take') {
            const taken = queue.take(0);
            const expected = model.shift();
            if (expected === undefined && closed === 'fail') await expect(taken).rejects.toBe(error);
            else expect((await taken)?.value).toBe(expected);
          } else if (one.type === 'remove') {
            const matches = (value: number) => value % one.divisor === 0;
            expect(queue.remove(({ value }) => matches(value)).map(({ value }) => value)).toEqual(
              model.filter(matches),
            );
            model = model.filter((value) => !matches(value));
          } else if (one.type === 'return') {
            await queue.return();
            model = [];
            closed ??= 'end';
          } else {
            if (one.type === 'end') queue.end();
            else queue.fail(error);
            closed ??= one.type;
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });

  it('gives a reader that waits every item in order, and then ends', async () => {
    const queue = new AsyncQueue<Item>();
    const values: number[] = [];
    const read = (async () => {
      for await (const { value } of queue) values.push(value);
    })();
    for (const value of [1, 2, 3]) {
      queue.push(item(value));
      await Promise.resolve();
    }
    queue.push(item(4));
    queue.end();
    await read;
    expect(values).toEqual([1, 2, 3, 4]);
    expect(await queue.take()).toBeUndefined();
  });

  it('gives what is left before its error, and keeps the first error', async () => {
    const queue = new AsyncQueue<Item>();
    queue.push(item(1));
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    queue.push(item(2));
    expect(await queue.take()).toEqual(item(1));
    await expect(queue.take()).rejects.toThrow('first');
    await expect(queue.next()).rejects.toThrow('first');
  });

  it('wakes a reader that waits when it fails', async () => {
    const queue = new AsyncQueue<Item>();
    const taken = queue.take();
    queue.fail(new Error('gone'));
    await expect(taken).rejects.toThrow('gone');
  });

  it('is empty and ended once its reader has left the loop', async () => {
    const queue = new AsyncQueue<Item>();
    for (const value of [1, 2, 3]) queue.push(item(value));
    for await (const { value } of queue) if (value === 2) break;
    queue.push(item(4));
    expect(queue.length).toBe(0);
    expect(await queue.take()).toBeUndefined();
  });
});

describe('taking with a time limit', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('returns undefined when the time is over, and no earlier', async () => {
    const queue = new AsyncQueue<Item>();
    const onTaken = vi.fn<(taken: Item | undefined) => void>();
    void queue.take(1000).then(onTaken);
    await vi.advanceTimersByTimeAsync(999);
    expect(onTaken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onTaken).toHaveBeenCalledExactlyOnceWith(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('returns an item that comes in time, and leaves no timer', async () => {
    const queue = new AsyncQueue<Item>();
    const taken = queue.take(1000);
    await vi.advanceTimersByTimeAsync(999);
    queue.push(item(7));
    expect(await taken).toEqual(item(7));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('still gives later items after it was over', async () => {
    const queue = new AsyncQueue<Item>();
    const late = queue.take(10);
    await vi.advanceTimersByTimeAsync(10);
    expect(await late).toBeUndefined();
    queue.push(item(1));
    expect(await queue.take(10)).toEqual(item(1));
  });
});
