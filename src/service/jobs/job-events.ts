import { AsyncQueue } from '../../util/async-queue.js';
import type { JobEvent } from '../job.js';

/** A reader with more unread events than this has gone away without closing its connection: its events end. */
const maxUnread = 10_000;

type Reader = { readonly id: string | undefined; readonly queue: AsyncQueue<JobEvent> };

/** Distributes events to any number of readers, each at its own pace. */
export class JobEvents {
  readonly #readers = new Set<Reader>();
  #hasEnded = false;

  emit(event: JobEvent): void {
    const id = idOf(event);
    for (const reader of this.#readers) {
      if (reader.id === undefined || reader.id === id) this.#push(reader, event, id);
    }
  }

  /**
   * Events from now on, until `signal` aborts or all end. A newer progress of a job replaces an unread one.
   * @param id of the job whose events are read; those of all jobs if left out
   */
  read({ id }: { readonly id?: string }, signal: AbortSignal): AsyncIterable<JobEvent> {
    const reader = { id, queue: new AsyncQueue<JobEvent>() };
    const end = () => this.#end(reader);
    this.#readers.add(reader);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted || this.#hasEnded) end();
    async function* events() {
      try {
        yield* reader.queue;
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    }
    return events();
  }

  /** Ends all readers; they still get their unread events. */
  end(): void {
    this.#hasEnded = true;
    for (const reader of this.#readers) this.#end(reader);
  }

  #push(reader: Reader, event: JobEvent, id: string): void {
    const { queue } = reader;
    if (event.type === 'progress') queue.remove((unread) => unread.type === 'progress' && unread.id === id);
    queue.push(event);
    if (queue.length > maxUnread) this.#end(reader);
  }

  #end(reader: Reader): void {
    reader.queue.end();
    this.#readers.delete(reader);
  }
}

function idOf(event: JobEvent): string {
  return 'job' in event ? event.job.id : event.id;
}
