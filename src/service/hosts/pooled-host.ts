import { setTimeout as wait } from 'node:timers/promises';
import { StepsAnimationError } from '../../errors.js';
import type { Host, HostDescription } from '../../hosts/host.js';
import type { NamedHost } from './host-pool.js';

/** Milliseconds for which what a host told of itself counts. */
const freshFor = 5000;
/** Milliseconds for which a host that did not answer is left alone. */
const leftAloneFor = 30_000;
/** Milliseconds that a glance waits; what comes later counts the next time. */
const patience = 1000;
/** Milliseconds after which a host is taken to be away. */
const longestAnswer = 15_000;

/** A host of the service, with what it told of itself last, so that one that is slow or away makes nobody wait. */
export class PooledHost implements AsyncDisposable {
  readonly name: string;
  readonly kind: string;
  readonly url: string | null;
  readonly host: Host;
  readonly usualModel: string | undefined;
  readonly #dispose: () => PromiseLike<void> | undefined;
  #told: HostDescription | undefined;
  #problem: string | null = null;
  /** when it answered or failed to, by `performance.now()` */
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<HostDescription> | undefined;

  constructor({ name, kind, url, host, usualModel }: NamedHost) {
    this.name = name;
    this.kind = kind;
    this.url = url;
    this.host = host;
    this.usualModel = usualModel;
    this.#dispose = () => host[Symbol.asyncDispose]?.();
  }

  /** why it did not answer when it was last asked; null if it did */
  get problem(): string | null {
    return this.#problem;
  }

  /** Whether it did not answer a short time ago. */
  get isAway(): boolean {
    return this.#problem !== null && performance.now() - this.#askedAt < leftAloneFor;
  }

  /** Whether it told of a model of that name; in names of folders, `owner/name` is `owner--name`. */
  has(model: string): boolean {
    const wanted = [model, model.replaceAll('/', '--')];
    return this.#told?.models.some(({ name }) => wanted.includes(name)) ?? false;
  }

  /** Asks what the host has. @throws what the host throws when it cannot be asked */
  async ask(): Promise<HostDescription> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(): Promise<HostDescription> {
    const signal = AbortSignal.timeout(longestAnswer);
    try {
      this.#told = await this.host.describe(signal);
      this.#problem = null;
      return this.#told;
    } catch (cause) {
      const error = signal.aborted ? tooSlow(this.name, cause) : cause;
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      this.#askedAt = performance.now();
    }
  }

  /** What the host has, as far as that can be told within a second; undefined while nothing is known. */
  async glance(): Promise<HostDescription | undefined> {
    if (performance.now() - this.#askedAt < freshFor || this.isAway) return this.#told;
    const answered = new AbortController();
    const asked = this.ask().then(
      () => {},
      () => {},
    );
    await Promise.race([asked, wait(patience, undefined, answered).catch(() => {})]);
    answered.abort();
    return this.#told;
  }

  /** Takes note that a job could not reach it. */
  markAway(problem: string): void {
    this.#problem = problem;
    this.#askedAt = performance.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose();
  }
}

function tooSlow(name: string, cause: unknown): StepsAnimationError {
  const seconds = longestAnswer / 1000;
  return new StepsAnimationError(
    'network',
    `The host ${name} did not answer within ${seconds} s: look whether it works.`,
    {
      cause,
    },
  );
}
