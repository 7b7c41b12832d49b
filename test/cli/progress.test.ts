import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createProgressDisplay } from '#src/cli/progress.js';

it.each([
  ['step', 'step 1 of 300, … s left, … it/s\n'],
  ['frame', 'frame 1 of 300, … s left, … frames/s\n'],
] as const)('the progress of %ss has its own unit before there is a speed', (unit, line) => {
  const stream = new PassThrough({ encoding: 'utf8' });
  const display = createProgressDisplay(stream as unknown as NodeJS.WriteStream);
  display.show({ unit, value: 1, total: 300 });
  expect(stream.read()).toBe(line);
});
