import type { Readable } from 'node:stream';

/** Reads lines and counted bytes from a stream, and no more of it than is asked for: the rest stays with the sender. */
export class StreamReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /**
   * The next line without its line break; undefined if the stream ended before it was complete.
   * @throws RangeError when it is longer than `maxBytes`
   */
  async line(maxBytes: number): Promise<Uint8Array | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      const part = end < 0 ? this.#rest : this.#rest.subarray(0, end);
      length += part.length;
      if (length > maxBytes) throw new RangeError(`a line of more than ${maxBytes} bytes`);
      parts.push(part);
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + 1);
        return Buffer.concat(parts);
      }
      if (!(await this.#more())) return undefined;
    }
  }

  /** Exactly so many bytes; undefined if the stream ended before. */
  async bytes(length: number): Promise<Uint8Array | undefined> {
    // Allocated as they arrive: a stream that announces much and sends little costs no memory.
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

  /** Destroys the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Of pictures that have arrived and have not been taken. */
const maxPendingBytes = 32 * 2 ** 20;

/** Limits the bytes of pictures in memory; a single picture always fits. */
export class ByteBudget {
  readonly #onFull: (() => void) | undefined;
  #bytes = 0;
  #hasBeenFull = false;
  #wake: (() => void) | undefined;

  /** @param onFull called the first time that a picture has to wait */
  constructor(onFull?: () => void) {
    this.#onFull = onFull;
  }

  /** Waits until so many bytes fit, and takes them. */
  async acquire(bytes: number): Promise<void> {
    while (this.#bytes > 0 && this.#bytes + bytes > maxPendingBytes) {
      if (!this.#hasBeenFull) this.#onFull?.();
      this.#hasBeenFull = true;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#wake?.();
  }
}
