import { StepsAnimationError } from '../../errors.js';

/** The socket on which a program tells of its runs. */
type ProgramSocket = {
  /** whether it is cut off, and tried to be had again */
  readonly isAway: boolean;
  /** Has it anew: there is doubt that the program is still at its other end. */
  renew(): void;
};

/** Milliseconds to be told that a run is to end, and how it ended. */
export const farewell = 10_000;

/** What a program is asked in mid-run, when it may be away for a while. */
export class Questions<What extends string> {
  readonly #socket: ProgramSocket;
  readonly #signal: AbortSignal | undefined;
  /** which had no answer that counts when they were asked last, although there was a socket */
  readonly #unanswered = new Set<What>();
  #isInsisting = false;

  /** @param signal ends the wait for an answer */
  constructor(socket: ProgramSocket, signal: AbortSignal | undefined) {
    this.#socket = socket;
    this.#signal = signal;
  }

  /** The run is to end: from now on, an answer that does not come soon is an error at once. */
  insist(): void {
    this.#isInsisting = true;
  }

  /**
   * Undefined where there is no answer, or none of a program that works: then the socket is had anew, or is on its way
   * already, and it is to be asked again when that tells something.
   * @throws StepsAnimationError what the program refuses, and no answer for the second time although there is a socket
   */
  async ask<T>(what: What, question: (signal: AbortSignal | undefined) => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question(this.#isInsisting ? AbortSignal.timeout(farewell) : this.#signal);
      this.#unanswered.delete(what);
      return answer;
    } catch (error) {
      if (!(error instanceof StepsAnimationError) || error.code !== 'network' || this.#isInsisting) throw error;
      if (this.#socket.isAway) return undefined;
      if (this.#unanswered.has(what)) throw error;
      this.#unanswered.add(what);
      this.#socket.renew();
      return undefined;
    }
  }
}
