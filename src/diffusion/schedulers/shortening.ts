/** For how many steps a schedule is made, and how many of its last ones are taken. */
export type Img2imgSteps = { readonly scheduled: number; readonly taken: number };

/**
 * How many steps lead on from a picture, as web UIs count: by default the share `denoisingStrength` (0 to 1) of
 * `steps`, and one more if that share is less than all; with `exactSteps` (the web UI's "do exactly the amount of
 * steps", which its second pass at a higher resolution always does) all `steps`, of a schedule made so much longer.
 */
export function img2imgSteps(steps: number, denoisingStrength: number, exactSteps = false): Img2imgSteps {
  const strength = Math.min(denoisingStrength, 0.999);
  if (exactSteps) return { scheduled: Math.floor(steps / Math.max(strength, 0.001)), taken: steps };
  return { scheduled: steps, taken: Math.floor(strength * steps) + 1 };
}

/**
 * The last `taken` steps of a schedule, all where there are fewer. Counted from its end, because DDIM's schedules are
 * often longer than asked for. The first of these levels is that of the noise to be added to the picture.
 */
export function remainingSigmas(sigmas: readonly number[], { taken }: Pick<Img2imgSteps, 'taken'>): readonly number[] {
  return sigmas.slice(Math.max(0, sigmas.length - 1 - taken));
}

/** Leaves the level before the closing 0 out, as second-order samplers want; so ask for a step more. */
export function discardNextToLast(sigmas: readonly number[]): readonly number[] {
  return [...sigmas.slice(0, -2), ...sigmas.slice(-1)];
}
