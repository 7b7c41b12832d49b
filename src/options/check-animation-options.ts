import { isRecord } from '../util/is-record.js';
import { type AnimationOptions, animationOptionsSchema } from './animation-options.js';
import { checkOptions, type Wording } from './check-options.js';
import { withLook } from './looks.js';

/**
 * Checks animation options and completes them by their look, `reveal` if none is named.
 * @throws StepsAnimationError `usage` naming the options with wrong values and what is allowed
 */
export function checkAnimationOptions(options: unknown, wording?: Wording): AnimationOptions {
  return checkOptions(animationOptionsSchema, isRecord(options) ? withLook(options) : options, wording);
}
