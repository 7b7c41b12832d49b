/** Steps of which the speed is the average: many enough to be steady, few enough to follow another pass. */
const observed = 12;
/** Milliseconds; the steps of a batch are told of at once, and count as one observation. */
const together = 5;

/** Measures how fast steps come, from the first on, which leaves out the time that loading took. */
export class StepSpeed {
  readonly #observations: { step: number; at: number }[] = [];

  /** @param at milliseconds of any clock that only goes forward */
  add(step: number, at: number): void {
    const last = this.#observations.at(-1);
    if (last && at - last.at < together) last.step = step;
    else this.#observations.push({ step, at });
    if (this.#observations.length > observed) this.#observations.shift();
  }

  /** Steps per second; null before the second observation. */
  get perSecond(): number | null {
    const first = this.#observations[0];
    const last = this.#observations.at(-1);
    if (!first || !last || first === last) return null;
    return (1000 * (last.step - first.step)) / (last.at - first.at);
  }
}
