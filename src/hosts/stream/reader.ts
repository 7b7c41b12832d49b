import type { Readable } from 'node:stream';

/**
 * Reads lines and counted bytes from a stream, and no more of it than is asked for: what is not read stays with the
 * sender.
 */
export class StreamReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /**
   * The next line without its line break; undefined when the stream has ended before it was complete.
   * @throws RangeError when it is longer than `most` bytes
   */
  async line(most: number): Promise<Uint8Array | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      const part = end < 0 ? this.#rest : this.#rest.subarray(0, end);
      length += part.length;
      if (length > most) throw new RangeError(`a line of more than ${most} bytes`);
      parts.push(part);
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + 1);
        return Buffer.concat(parts);
      }
      if (!(await this.#more())) return undefined;
    }
  }

  /** Exactly so many bytes; undefined when the stream has ended before. */
  async bytes(length: number): Promise<Uint8Array | undefined> {
    // Not at once as large as announced: a cut stream must not cost memory.
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) return undefined;
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts, length);
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    this.#rest = done ? Buffer.alloc(0) : value;
    return !done;
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
