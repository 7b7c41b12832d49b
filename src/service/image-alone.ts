import type { AnimationOptionsInput } from '../options/animation-options.js';

/** The options of a job that makes an image and nothing else: no step is taken, and no movie made. */
export const imageAlone: AnimationOptionsInput = { createAnimation: false, skipSteps: 100_000 };
