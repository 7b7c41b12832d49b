import { StepsAnimationError } from '../../errors.js';
import { type RunEnd, type RunEvent, stopReason } from './generate-images.js';
import type { RequestOptions } from './http-client.js';
import { abortedLater, cancelTimeoutMs, silenceTimeoutMs, stopTimeoutMs } from './limits.js';

/** The socket on which a program reports its runs. */
type ProgramSocket = {
  /** whether it is cut off and being reconnected */
  readonly isAway: boolean;
  /** Drops the connection and makes a new one: the program may be gone. */
  reconnect(): void;
  /** Ends the wait for a message. */
  wake(): void;
};

/**
 * Requests during a run, in which a program may be away for a while. The first that gets no answer reconnects the
 * socket, and is to be sent again at the next message; a second one in a row fails.
 */
export class ReconnectingRequests<Key extends string> {
  readonly #socket: ProgramSocket;
  readonly #signal: AbortSignal;
  /** whose last request failed although the socket was connected */
  readonly #failed = new Set<Key>();
  /** when the run began to end, by `performance.now()` */
  #closedAtMs: number | undefined;

  /** @param signal ends the wait for an answer */
  constructor(socket: ProgramSocket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
  }

  /** The run is ending: from now on, a request without an answer fails after `cancelTimeoutMs`, and at once. */
  close(): void {
    this.#closedAtMs ??= performance.now();
  }

  /** How long to wait for a message before the program is asked. */
  get silenceTimeoutMs(): number {
    return this.#closedAtMs === undefined ? silenceTimeoutMs : cancelTimeoutMs;
  }

  /** Whether the run has been ending for so long that the program is to be left to itself. */
  get isOverdue(): boolean {
    return this.#closedAtMs !== undefined && performance.now() - this.#closedAtMs > stopTimeoutMs;
  }

  /** For the file of a finished image, which a stop does not cost unless it takes long. */
  get fileOptions(): RequestOptions {
    return { signal: abortedLater(this.#signal, cancelTimeoutMs) };
  }

  /**
   * Sends a request; undefined if there was no answer and it is to be sent again later.
   * @param key which requests repeat each other
   * @throws StepsAnimationError as HttpClient does
   */
  async send<T>(key: Key, request: (options: RequestOptions) => Promise<T>): Promise<T | undefined> {
    try {
      const isClosing = this.#closedAtMs !== undefined;
      const answer = await request(isClosing ? { timeoutMs: cancelTimeoutMs } : { signal: this.#signal });
      this.#failed.delete(key);
      return answer;
    } catch (error) {
      if (!(error instanceof StepsAnimationError) || error.code !== 'network' || this.#closedAtMs !== undefined)
        throw error;
      if (this.#socket.isAway) return undefined;
      if (this.#failed.has(key)) throw error;
      this.#failed.add(key);
      this.#socket.reconnect();
      return undefined;
    }
  }
}

type FollowedRun = {
  readonly socket: Pick<ProgramSocket, 'wake'>;
  /** ends the run early */
  readonly stopping: AbortSignal;
  readonly events: AsyncGenerator<RunEvent, RunEnd, void>;
  /** called at the end, whatever the reason: cancels a run that is not over, after a failure for example */
  readonly leave: () => Promise<void>;
};

/** The events of a run, which looks at `stopping` as soon as that aborts. */
export async function* followRun({
  socket,
  stopping,
  events,
  leave,
}: FollowedRun): AsyncGenerator<RunEvent, RunEnd, void> {
  const wake = () => socket.wake();
  stopping.addEventListener('abort', wake);
  try {
    return yield* events;
  } catch (error) {
    // A program that is away can neither be asked to stop nor say how the run ended.
    const reason = stopReason(stopping);
    if (reason) return { reason };
    throw error;
  } finally {
    stopping.removeEventListener('abort', wake);
    // Also if the caller has left its loop.
    await leave().catch(() => {});
  }
}
