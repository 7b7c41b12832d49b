import type { AnimationOptions } from '../options/animation-options.js';

type StepSelection = Pick<AnimationOptions, 'skipSteps' | 'every' | 'stopAt'>;

/** Whether a step, from 1, is among those that the options take. The finished image always is, in place of the last. */
export function isTaken(step: number, { skipSteps, every, stopAt }: StepSelection): boolean {
  return step > skipSteps && (step - skipSteps - 1) % every === 0 && (stopAt === 0 || step <= stopAt);
}

/** How many pictures a movie has: those taken of the steps before the last one, and the finished image. */
export function countSources(steps: number, selection: StepSelection): number {
  let sources = 1;
  for (let step = 1; step < steps; step++) if (isTaken(step, selection)) sources++;
  return sources;
}
