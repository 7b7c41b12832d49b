/** Wrong passwords of one address within the window; after that each further password is slowed. */
const maxWrong = 10;
/** Wrong passwords of all addresses together within the window: somebody may guess from many addresses. */
const maxWrongInAll = 100;
const windowMs = 60_000;
/** Addresses that are remembered; the oldest are forgotten first. */
const maxAddresses = 10_000;

type Count = { readonly count: number; readonly sinceMs: number };

/** Counts wrong passwords, by address and in all. */
export class GuessLimit {
  readonly #byAddress = new Map<string, Count>();
  /** addresses that a right password came from: they are not slowed for what others do */
  readonly #known = new Set<string>();
  #inAll: Count | undefined;
  readonly #now: () => number;

  /** @param now monotonic time in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whole seconds for which passwords from an address are slowed; 0 if they are not. */
  secondsLeft(address: string): number {
    const own = this.#secondsLeft(this.#byAddress.get(address), maxWrong);
    return this.#known.has(address) ? own : Math.max(own, this.#secondsLeft(this.#inAll, maxWrongInAll));
  }

  addWrong(address: string): void {
    const own = this.#increased(this.#byAddress.get(address));
    this.#byAddress.delete(address);
    this.#byAddress.set(address, own);
    dropOldest(this.#byAddress);
    this.#inAll = this.#increased(this.#inAll);
  }

  addRight(address: string): void {
    this.#known.add(address);
    dropOldest(this.#known);
  }

  #increased(count: Count | undefined): Count {
    const now = this.#now();
    return count && now - count.sinceMs < windowMs ? { ...count, count: count.count + 1 } : { count: 1, sinceMs: now };
  }

  #secondsLeft(count: Count | undefined, max: number): number {
    if (!count || count.count < max) return 0;
    return Math.max(0, Math.ceil((count.sinceMs + windowMs - this.#now()) / 1000));
  }
}

function dropOldest(addresses: Map<string, unknown> | Set<string>): void {
  const [oldest] = addresses.keys();
  if (addresses.size > maxAddresses && oldest !== undefined) addresses.delete(oldest);
}
