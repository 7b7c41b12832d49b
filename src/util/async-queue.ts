/**
 * A queue with any number of writers and one reader, which iterates over it or calls `take`. After `end` or `fail` the
 * reader still gets the items in the queue; then its iteration ends, or throws.
 */
export class AsyncQueue<Item extends object> implements AsyncIterableIterator<Item, undefined> {
  readonly #items: Item[] = [];
  #state: { readonly isOpen: true } | { readonly isOpen: false; readonly error: Error | undefined } = { isOpen: true };
  #wake = () => {};

  /** Number of items in the queue. */
  get length(): number {
    return this.#items.length;
  }

  /** Adds an item; does nothing once the queue has ended. */
  push(item: Item): void {
    if (!this.#state.isOpen) return;
    this.#items.push(item);
    this.#wake();
  }

  /** Removes all items that match. @returns them, in order */
  remove(matches: (item: Item) => boolean): readonly Item[] {
    const removed = this.#items.filter(matches);
    const kept = this.#items.filter((item) => !matches(item));
    this.#items.splice(0, this.#items.length, ...kept);
    return removed;
  }

  /** Ends the queue. */
  end(): void {
    this.#close(undefined);
  }

  /** Ends the queue with an error; does nothing if it has ended already. */
  fail(error: Error): void {
    this.#close(error);
  }

  /**
   * Removes the next item, and waits for it if the queue is empty.
   * @param timeoutMs default: no limit
   * @returns undefined after the time limit, and at the end of the queue
   * @throws the error of `fail`
   */
  async take(timeoutMs?: number): Promise<Item | undefined> {
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    while (this.#items.length === 0) {
      if (!this.#state.isOpen) {
        if (this.#state.error) throw this.#state.error;
        return undefined;
      }
      const leftMs = deadline === undefined ? undefined : deadline - performance.now();
      if (leftMs !== undefined && leftMs <= 0) return undefined;
      await this.#change(leftMs);
    }
    return this.#items.shift();
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    const value = await this.take();
    return value === undefined ? { value: undefined, done: true } : { value, done: false };
  }

  /** Ends the queue and removes its items; called when the reader leaves its loop. */
  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.length = 0;
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #close(error: Error | undefined): void {
    if (!this.#state.isOpen) return;
    this.#state = { isOpen: false, error };
    this.#wake();
  }

  /** Resolves at the next push or end, or after the time limit. */
  #change(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
