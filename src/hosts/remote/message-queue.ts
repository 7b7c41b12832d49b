import { setTimeout as wait } from 'node:timers/promises';

/** Messages of a program that wait to be taken, in order. */
export class MessageQueue<Message> {
  readonly #waiting: Message[] = [];
  #failure: Error | undefined;
  #wake = () => {};

  push(message: Message): void {
    this.#waiting.push(message);
    this.#wake();
  }

  /** Nothing more will come: what waits is taken, then `error` is thrown. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Takes all that waits. */
  rest(): readonly Message[] {
    return this.#waiting.splice(0);
  }

  /** The next message; undefined when none comes for so many milliseconds. */
  async next(milliseconds: number): Promise<Message | undefined> {
    const until = Date.now() + milliseconds;
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return message;
      if (this.#failure) throw this.#failure;
      const left = until - Date.now();
      if (left <= 0) return undefined;
      const timer = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
        wait(left, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
  }
}
