import type { Stage } from './motion-stages.js';

/** Words of the shared memory: the next task, the threads that are done with the stage, the number of stages done. */
const nextTask = 0;
const arrived = 1;
const stagesDone = 2;

/** The threads that share the tasks of a stage out among themselves, seen from one of them. */
export class Crew {
  readonly #words: Int32Array;
  readonly #threads: number;
  readonly #scratch: number;

  /** `words` lie in shared memory and begin as zeros; `scratch` is the address of this thread's own room. */
  constructor(words: Int32Array, threads: number, scratch: number) {
    this.#words = words;
    this.#threads = threads;
    this.#scratch = scratch;
  }

  /** Does this thread's share of the stages; true for the one thread that was the last to finish. */
  work(stages: readonly Stage[]): boolean {
    let last = false;
    for (const stage of stages) {
      for (let task = this.#take(); task < stage.length; task = this.#take()) stage[task]?.(this.#scratch);
      last = this.#arrive();
    }
    return last;
  }

  #take(): number {
    return Atomics.add(this.#words, nextTask, 1);
  }

  /** Waits until all threads have arrived; true for the last one. */
  #arrive(): boolean {
    const stage = Atomics.load(this.#words, stagesDone);
    if (Atomics.add(this.#words, arrived, 1) === this.#threads - 1) {
      Atomics.store(this.#words, arrived, 0);
      Atomics.store(this.#words, nextTask, 0);
      Atomics.add(this.#words, stagesDone, 1);
      Atomics.notify(this.#words, stagesDone);
      return true;
    }
    while (Atomics.load(this.#words, stagesDone) === stage) Atomics.wait(this.#words, stagesDone, stage);
    return false;
  }
}
