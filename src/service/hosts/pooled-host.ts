import { StepsAnimationError } from '../../errors.js';
import type { Host, HostDescription } from '../../hosts/host.js';
import { messageOf } from '../../util/error-message.js';
import { briefly } from './briefly.js';

/** A host of the service, by the name that jobs and people call it. */
export type NamedHost = {
  readonly name: string;
  /** `embedded`, `webui`, … */
  readonly kind: string;
  readonly url: string | null;
  readonly host: Host & Partial<AsyncDisposable>;
  /** what it makes images with where nobody asks for a model; the first that it tells of if left out */
  readonly usualModel?: string;
};

/** Milliseconds for which what a host told of itself counts. */
const freshFor = 5000;
/** Milliseconds for which a host that did not answer is left alone, if it is not said otherwise. */
export const usualLeftAloneFor = 30_000;
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
  readonly #leftAloneFor: number;
  readonly #returns = new EventTarget();

  constructor({ name, kind, url, host, usualModel }: NamedHost, leftAloneFor = usualLeftAloneFor) {
    this.#leftAloneFor = leftAloneFor;
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

  /** Whether it did not answer when it was last asked: it gets no jobs until it does. */
  get isAway(): boolean {
    return this.#problem !== null;
  }

  /** @param onReturn called whenever it answers after it was away */
  listen(onReturn: () => void): void {
    this.#returns.addEventListener('return', onReturn);
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
      this.markThere();
      return this.#told;
    } catch (cause) {
      const error = signal.aborted ? tooSlow(this.name, cause) : cause;
      this.#problem = messageOf(error);
      throw error;
    } finally {
      this.#askedAt = performance.now();
    }
  }

  /** What the host has, as far as that can be told in a moment; undefined while nothing is known. */
  async glance(): Promise<HostDescription | undefined> {
    if (performance.now() - this.#askedAt < (this.isAway ? this.#leftAloneFor : freshFor)) return this.#told;
    await briefly(this.ask());
    return this.#told;
  }

  /** Takes note that a job could not reach it. */
  markAway(problem: string): void {
    this.#problem = problem;
    this.#askedAt = performance.now();
  }

  /** Takes note that it answered. */
  markThere(): void {
    const wasAway = this.isAway;
    this.#problem = null;
    if (wasAway) this.#returns.dispatchEvent(new Event('return'));
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
