/** Failures of one address within a minute after which it has to wait. */
const mostFailures = 10;
const windowMilliseconds = 60_000;
/** Addresses remembered at most. */
const mostAddresses = 10_000;

type Failures = { count: number; readonly since: number };

/** Counts how often addresses fail. */
export class FailureLimit {
  readonly #failures = new Map<string, Failures>();
  readonly #now: () => number;

  /** @param now milliseconds, rising */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whole seconds until an address may try again; 0 if it may now. */
  secondsToWait(address: string): number {
    const failures = this.#current(address);
    if (!failures || failures.count < mostFailures) return 0;
    return Math.ceil((failures.since + windowMilliseconds - this.#now()) / 1000);
  }

  add(address: string): void {
    const failures = this.#current(address);
    if (failures) failures.count++;
    else this.#remember(address);
  }

  #current(address: string): Failures | undefined {
    const failures = this.#failures.get(address);
    if (failures && this.#now() - failures.since < windowMilliseconds) return failures;
    this.#failures.delete(address);
    return undefined;
  }

  #remember(address: string): void {
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= mostAddresses && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, since: this.#now() });
  }
}
