/** Bytes of pictures that have arrived and have not been taken; beyond them the sender waits. */
const mostBytes = 32 * 2 ** 20;

/** Lets pictures in only while those that wait are not too many; a single one always finds room. */
export class WaitingRoom {
  readonly #onFull: (() => void) | undefined;
  #bytes = 0;
  #hasBeenFull = false;
  #wake: (() => void) | undefined;

  /** @param onFull told the first time that something has to wait */
  constructor(onFull?: () => void) {
    this.#onFull = onFull;
  }

  /** Waits until there is room for so many bytes. */
  async enter(bytes: number): Promise<void> {
    while (this.#bytes > 0 && this.#bytes + bytes > mostBytes) {
      if (!this.#hasBeenFull) this.#onFull?.();
      this.#hasBeenFull = true;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#wake?.();
  }
}
