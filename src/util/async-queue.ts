/**
 * Items that are pushed by one side and taken, in order, by one reader of the other. After `end` or `fail` the items
 * that wait are still taken; then the reader ends, or throws.
 */
export class AsyncQueue<Item extends object> implements AsyncIterableIterator<Item, undefined> {
  readonly #items: Item[] = [];
  #state: { readonly isOpen: true } | { readonly isOpen: false; readonly error: Error | undefined } = { isOpen: true };
  #wake = () => {};

  /** How many items wait. */
  get length(): number {
    return this.#items.length;
  }

  /** Adds an item; it is dropped when the queue has ended. */
  push(item: Item): void {
    if (!this.#state.isOpen) return;
    this.#items.push(item);
    this.#wake();
  }

  /** Removes and returns all items that wait and match. */
  remove(matches: (item: Item) => boolean): readonly Item[] {
    const removed = this.#items.filter(matches);
    const kept = this.#items.filter((item) => !matches(item));
    this.#items.splice(0, this.#items.length, ...kept);
    return removed;
  }

  /** No item follows. */
  end(): void {
    this.#close(undefined);
  }

  /** No item follows, because of an error; only the first counts. */
  fail(error: Error): void {
    this.#close(error);
  }

  /**
   * Takes the next item; undefined when none comes within the time limit, or the queue has ended.
   * @param timeoutMs no limit if left out
   * @throws what `fail` was given
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

  /** Called when the reader leaves its loop: drops what waits. */
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

  /** Resolves at the next push or end, or when the time is over. */
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
