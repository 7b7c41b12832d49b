/** Milliseconds between the beginnings of two questions. */
const shortest = 50;
const longest = 500;
const atFirst = 100;
/** Questions for each step: with fewer, steps are missed; with more, a web UI has less time for its own work. */
const questionsPerStep = 2;

/** How often to ask for progress: as often as the steps come. */
export class Pace {
  #interval = atFirst;
  #last: { readonly steps: number; readonly at: number } | undefined;

  /** milliseconds from one question to the next */
  get interval(): number {
    return this.#interval;
  }

  /** Told when a step is seen: how many there have been by now, at which time in milliseconds. */
  saw(steps: number, at: number): void {
    const last = this.#last;
    this.#last = { steps, at };
    if (!last || steps <= last.steps) return;
    const interval = (at - last.at) / (steps - last.steps) / questionsPerStep;
    this.#interval = Math.min(Math.max(interval, shortest), longest);
  }
}
