import { expect, it } from 'vitest';
import { allOrNothing } from '#src/diffusion/all-or-nothing.js';

class Part implements AsyncDisposable {
  isGone = false;
  async [Symbol.asyncDispose](): Promise<void> {
    this.isGone = true;
  }
}

it('gives back what was loaded before a part that cannot be loaded, and nothing else', async () => {
  const [first, second] = [new Part(), new Part()];
  const failing = allOrNothing(async (keep) => {
    keep(first);
    throw new Error('no room');
  });
  await expect(failing).rejects.toThrow('no room');
  expect(await allOrNothing(async (keep) => keep(second))).toBe(second);
  expect([first.isGone, second.isGone]).toEqual([true, false]);
});
