import { describe, expect, it } from 'vitest';
import { animationOptionsSchema } from '#src/options/animation-options.js';
import { LiveBudget, planRun } from '#src/recording/plan.js';
import { Recorder, type RecorderEvent } from '#src/recording/recorder.js';
import { plain } from '../helpers/pictures.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** Half of 8 megapixels. */
const half = { width: 2048, height: 2048 };

describe('the budget of live movies', () => {
  it('is 8 megapixels, to the pixel', () => {
    const budget = new LiveBudget();
    expect([0, 1].map((movie) => budget.reserve(movie, half))).toEqual([true, true]);
    expect(budget.reserve(2, { width: 1, height: 1 })).toBe(false);
    budget.release(0);
    expect(budget.reserve(2, { width: 1, height: 1 })).toBe(true);
    expect(budget.reserve(3, half)).toBe(false);
  });

  it('always has room for a single movie', () => {
    const budget = new LiveBudget();
    expect(budget.reserve(0, { width: 8192, height: 8192 })).toBe(true);
    expect(budget.reserve(1, { width: 1, height: 1 })).toBe(false);
  });

  it('makes the recorder render what is beyond it afterwards', async () => {
    const decisions: string[] = [];
    const onEvent = (event: RecorderEvent) => {
      if (event.type === 'debug' && /^(live|after):/.test(event.message)) decisions.push(event.message);
    };
    const animation = animationOptionsSchema.parse({ duration: 0.5 });
    const folder = await temporaryFolder();
    await using recorder = await Recorder.open({ animation, folder, onEvent }, { width: 32, height: 32 });
    const images = [half, half, { width: 32, height: 32 }].map((size, position) => {
      return { batch: 0, position, seed: position, prompt: 'x', infotext: '', ...size };
    });
    recorder.start(images, [{ kind: 'base', steps: 9, exact: true }]);
    for (const image of images.keys()) recorder.step({ image, pass: 0, step: 1 }, plain(8, 8, 0, 0, 0));
    await recorder.end();
    expect(decisions).toEqual([
      'live: 9 pictures at 2048×2048',
      'live: 9 pictures at 2048×2048',
      'after: enough other movies are being made live',
    ]);
  });
});

describe('the plan of a run', () => {
  const passes = [
    { kind: 'base', steps: 20, exact: true },
    { kind: 'hires', steps: 10, exact: false },
  ] as const;

  it('counts the steps of the selected passes, and says where each begins', () => {
    expect(planRun(passes, 'all')).toMatchObject({
      passes: new Set([0, 1]),
      steps: 30,
      isExact: false,
      passChanges: [21],
    });
    expect(planRun(passes, 'base')).toMatchObject({ passes: new Set([0]), steps: 20, isExact: true, passChanges: [] });
  });

  it('takes all passes where none is of the wanted kind', () => {
    expect(planRun(passes.slice(0, 1), 'hires')).toMatchObject({ passes: new Set([0]), steps: 20 });
  });
});
