type Waiting = { readonly bytes: number; readonly start: () => void };

/**
 * Bytes that may be in memory at the same time. Who needs more waits, in order of arrival, until others have given
 * theirs back.
 */
export class MemoryBudget {
  readonly #maxBytes: number;
  readonly #maxWaiting: number;
  readonly #waiting: Waiting[] = [];
  #usedBytes = 0;

  constructor({ maxBytes, maxWaiting }: { readonly maxBytes: number; readonly maxWaiting: number }) {
    this.#maxBytes = maxBytes;
    this.#maxWaiting = maxWaiting;
  }

  /** Whether as many wait as may: the next one is refused. */
  get isFull(): boolean {
    return this.#waiting.length >= this.#maxWaiting;
  }

  /**
   * Waits for room; what needs more than there is in all waits until nothing else is in memory.
   * @returns to be disposed of when the bytes are no longer in memory
   * @throws RangeError when too many wait
   */
  async take(bytes: number): Promise<Disposable> {
    const taken = Math.min(bytes, this.#maxBytes);
    if (this.#waiting.length > 0 || this.#usedBytes + taken > this.#maxBytes) {
      if (this.isFull) throw new RangeError(`${this.#waiting.length} others wait for memory already.`);
      await new Promise<void>((start) => this.#waiting.push({ bytes: taken, start }));
    } else this.#usedBytes += taken;
    return { [Symbol.dispose]: once(() => this.#release(taken)) };
  }

  #release(bytes: number): void {
    this.#usedBytes -= bytes;
    for (let next = this.#waiting[0]; next && this.#usedBytes + next.bytes <= this.#maxBytes; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.start();
    }
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}
