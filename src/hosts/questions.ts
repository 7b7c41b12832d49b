import { StepsAnimationError } from '../errors.js';

/** The socket on which the program tells of itself. */
type Line = {
  /** whether it is cut off, and tried to be had again */
  readonly isAway: boolean;
  /** Has it anew: there is doubt that the program is still at its other end. */
  renew(): void;
};

/** Milliseconds to be told that a run is to end, and how it ended. */
export const farewell = 10_000;

/** What a program is asked in mid-run, when it may be away for a while. */
export class Questions<What extends string> {
  readonly #line: Line;
  readonly #signal: AbortSignal | undefined;
  /** which were not answered when they were asked last, although there was a socket */
  readonly #unanswered = new Set<What>();
  #isInsisting = false;

  /** @param signal ends the wait for an answer */
  constructor(line: Line, signal: AbortSignal | undefined) {
    this.#line = line;
    this.#signal = signal;
  }

  /** The run is to end: from now on, no answer is an error at once. */
  insist(): void {
    this.#isInsisting = true;
  }

  /**
   * Undefined where there is no answer: then the socket is had anew, or is on its way already, and it is to be asked
   * again when that tells something.
   * @throws StepsAnimationError what the program refuses, and no answer for the second time although there is a socket
   */
  async ask<T>(what: What, question: (signal: AbortSignal | undefined) => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question(this.#isInsisting ? AbortSignal.timeout(farewell) : this.#signal);
      this.#unanswered.delete(what);
      return answer;
    } catch (error) {
      if (!(error instanceof StepsAnimationError) || error.code !== 'network' || this.#isInsisting) throw error;
      if (this.#line.isAway) return undefined;
      if (this.#unanswered.has(what)) throw error;
      this.#unanswered.add(what);
      this.#line.renew();
      return undefined;
    }
  }
}
