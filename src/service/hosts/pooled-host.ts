import { StepsAnimationError } from '../../errors.js';
import type { Host, HostDescription } from '../../hosts/host.js';
import { messageOf } from '../../util/error-message.js';
import { withinTime } from '../../util/with-timeout.js';

/** A host of the service, by the name that jobs and users know it by. */
export type NamedHost = {
  readonly name: string;
  /** `embedded`, `webui`, … */
  readonly kind: string;
  readonly url: string | null;
  readonly host: Host & Partial<AsyncDisposable>;
  /** the model of requests that name none; the first that the host describes if left out */
  readonly defaultModel?: string;
};

/** How long a description is used without asking the host again. */
const freshMs = 5000;
/** After this time without an answer a host is unavailable. */
const describeTimeoutMs = 15_000;
/** How long others wait for a host's answer; a later one counts the next time. */
export const answerTimeoutMs = 1000;
/** An unavailable host is asked again after this time. */
export const defaultRetryAfterMs = 30_000;

/** A host of the service and its last description, so that nobody waits for a host that is slow or unavailable. */
export class PooledHost implements AsyncDisposable {
  readonly name: string;
  readonly kind: string;
  readonly url: string | null;
  readonly host: Host & Partial<AsyncDisposable>;
  readonly defaultModel: string | undefined;
  readonly #retryAfterMs: number;
  readonly #returns = new EventTarget();
  #description: HostDescription | undefined;
  #problem: string | null = null;
  /** when it last answered or failed to, by `performance.now()` */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<HostDescription> | undefined;

  constructor({ name, kind, url, host, defaultModel }: NamedHost, retryAfterMs = defaultRetryAfterMs) {
    this.name = name;
    this.kind = kind;
    this.url = url;
    this.host = host;
    this.defaultModel = defaultModel;
    this.#retryAfterMs = retryAfterMs;
  }

  /** why it did not answer the last request; null if it did */
  get problem(): string | null {
    return this.#problem;
  }

  /** Whether it answered the last request: it gets jobs only if it did. */
  get isAvailable(): boolean {
    return this.#problem === null;
  }

  /** @param listener called whenever the host is available again */
  onReturn(listener: () => void): void {
    this.#returns.addEventListener('return', listener);
  }

  /** Whether its last description has a model; `owner/name` is `owner--name` in names of folders. */
  has(model: string): boolean {
    const names = [model, model.replaceAll('/', '--')];
    return this.#description?.models.some(({ name }) => names.includes(name)) ?? false;
  }

  /** Asks the host what it has. @throws what the host throws, or StepsAnimationError `network` after 15 s */
  async describe(): Promise<HostDescription> {
    this.#asking ??= this.#describe().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #describe(): Promise<HostDescription> {
    const signal = AbortSignal.timeout(describeTimeoutMs);
    try {
      this.#description = await this.host.describe(signal);
      this.markAvailable();
      return this.#description;
    } catch (cause) {
      const error = signal.aborted ? timeoutError(this.name, cause) : cause;
      this.#problem = messageOf(error);
      throw error;
    } finally {
      this.#askedAtMs = performance.now();
    }
  }

  /** The last description, renewed if the host answers within a second; undefined while there is none. */
  async cachedDescription(): Promise<HostDescription | undefined> {
    const maxAgeMs = this.isAvailable ? freshMs : this.#retryAfterMs;
    if (performance.now() - this.#askedAtMs >= maxAgeMs) await withinTime(this.describe(), answerTimeoutMs);
    return this.#description;
  }

  /** To be called when it could not be reached. */
  markUnavailable(problem: string): void {
    this.#problem = problem;
    this.#askedAtMs = performance.now();
  }

  /** To be called when it answered. */
  markAvailable(): void {
    const isBack = !this.isAvailable;
    this.#problem = null;
    if (isBack) this.#returns.dispatchEvent(new Event('return'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]?.();
  }
}

function timeoutError(name: string, cause: unknown): StepsAnimationError {
  const message = `The host ${name} did not answer within ${describeTimeoutMs / 1000} s: check that it is running.`;
  return new StepsAnimationError('network', message, { cause });
}
