import { expect, it } from 'vitest';
import { AsyncDisposableStack } from '#src/util/async-disposable-stack.js';

/** Resources that note in a list when they are disposed of. */
function resources() {
  const disposed: string[] = [];
  const resource = (name: string): AsyncDisposable => ({
    async [Symbol.asyncDispose]() {
      disposed.push(name);
    },
  });
  return { disposed, first: resource('first'), second: resource('second') };
}

it('disposes of what was loaded before an error, in reverse order', async () => {
  const { disposed, first, second } = resources();
  const load = async () => {
    await using stack = new AsyncDisposableStack();
    expect(stack.use(first)).toBe(first);
    stack.use(second);
    throw new Error('no room');
  };
  await expect(load()).rejects.toThrow('no room');
  expect(disposed).toEqual(['second', 'first']);
});

it('leaves resources alone that were moved, until their new stack is disposed of', async () => {
  const { disposed, first } = resources();
  const load = async () => {
    await using stack = new AsyncDisposableStack();
    stack.use(first);
    return stack.move();
  };
  const moved = await load();
  expect(disposed).toEqual([]);
  await moved[Symbol.asyncDispose]();
  await moved[Symbol.asyncDispose]();
  expect(disposed).toEqual(['first']);
});
