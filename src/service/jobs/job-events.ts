import type { JobEvent } from '../job.js';

/** A reader that leaves more than this waiting has gone away without saying so: its events end. */
const mostWaiting = 10_000;

type Filter = { readonly id?: string };

/** Hands events to any number of readers, each at its own pace. */
export class JobEvents {
  readonly #readers = new Set<Reader>();
  #hasEnded = false;

  emit(event: JobEvent): void {
    for (const reader of this.#readers) reader.add(event);
  }

  /** Events from now on, until `signal` aborts or all end. */
  read(filter: Filter, signal: AbortSignal): AsyncIterable<JobEvent> {
    const reader: Reader = new Reader(filter, () => {
      this.#readers.delete(reader);
      signal.removeEventListener('abort', end);
    });
    const end = () => reader.end();
    this.#readers.add(reader);
    signal.addEventListener('abort', end);
    if (signal.aborted || this.#hasEnded) end();
    return reader;
  }

  /** Ends all readers; what waits for them still comes. */
  end(): void {
    this.#hasEnded = true;
    for (const reader of this.#readers) reader.end();
  }
}

/** The events of one reader: a newer progress takes the place of one that waits, all others come one by one. */
class Reader implements AsyncIterableIterator<JobEvent> {
  readonly #filter: Filter;
  readonly #onEnd: () => void;
  readonly #waiting: JobEvent[] = [];
  #wake: (() => void) | undefined;
  #hasEnded = false;

  constructor(filter: Filter, onEnd: () => void) {
    this.#filter = filter;
    this.#onEnd = onEnd;
  }

  add(event: JobEvent): void {
    const id = idOf(event);
    if (this.#filter.id !== undefined && this.#filter.id !== id) return;
    if (event.type === 'progress') {
      const old = this.#waiting.findIndex((other) => other.type === 'progress' && other.id === id);
      if (old >= 0) this.#waiting.splice(old, 1);
    }
    this.#waiting.push(event);
    if (this.#waiting.length > mostWaiting) this.end();
    this.#wake?.();
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<JobEvent, undefined>> {
    while (this.#waiting.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#waiting.shift();
    return value ? { value, done: false } : { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<JobEvent, undefined>> {
    this.#waiting.length = 0;
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function idOf(event: JobEvent): string {
  return 'job' in event ? event.job.id : event.id;
}
