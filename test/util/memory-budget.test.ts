import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryBudget } from '#src/util/memory-budget.js';

/** A budget, and the names of those that have got theirs. */
function budgetOf(maxBytes: number, maxWaiting = 10) {
  const budget = new MemoryBudget({ maxBytes, maxWaiting });
  const started: string[] = [];
  const taken = new Map<string, Disposable>();
  const take = async (name: string, bytes: number) => {
    taken.set(name, await budget.take(bytes));
    started.push(name);
  };
  const release = async (name: string) => {
    taken.get(name)?.[Symbol.dispose]();
    await settled();
  };
  return { budget, started, take, release };
}

const settled = () => new Promise(setImmediate);

it('lets those start that fit, and the others in order of arrival', async () => {
  const { started, take, release } = budgetOf(10);
  const all = [take('a', 6), take('b', 6), take('c', 1), take('d', 4)];
  await settled();
  // c would fit, but b came before it.
  expect(started).toEqual(['a']);
  await release('a');
  expect(started).toEqual(['a', 'b', 'c']);
  await release('c');
  expect(started).toEqual(['a', 'b', 'c', 'd']);
  await Promise.all(all);
});

it('lets something too large start when it is alone', async () => {
  const { started, take, release } = budgetOf(10);
  await take('a', 1);
  const large = take('large', 1000);
  await settled();
  expect(started).toEqual(['a']);
  await release('a');
  expect(started).toEqual(['a', 'large']);
  await large;
});

it('refuses when as many wait as may', async () => {
  const { budget, take } = budgetOf(10, 2);
  await take('a', 10);
  for (const name of ['b', 'c']) void take(name, 1);
  expect(budget.isFull).toBe(true);
  await expect(budget.take(1)).rejects.toThrow('2 others wait');
});

it('takes bytes back once, however often they are given back', async () => {
  const { started, take, release } = budgetOf(10);
  await take('a', 5);
  await take('b', 5);
  await release('a');
  await release('a');
  await take('c', 5);
  void take('d', 5);
  await settled();
  expect(started).toEqual(['a', 'b', 'c']);
});

it('never has more in memory than it may, and forgets nobody', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }), async (sizes) => {
      const budget = new MemoryBudget({ maxBytes: 20, maxWaiting: 20 });
      let used = 0;
      const work = async (bytes: number) => {
        using _ = await budget.take(bytes);
        used += Math.min(bytes, 20);
        expect(used).toBeLessThanOrEqual(20);
        await settled();
        used -= Math.min(bytes, 20);
      };
      await Promise.all(sizes.map(work));
    }),
  );
});
