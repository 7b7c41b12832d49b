import type { ChildProcess } from 'node:child_process';
import { StepsAnimationError } from '../errors.js';
import { forkProcess, hurryOnAbort } from '../util/forked-process.js';
import {
  type FrameProgress,
  type FromMovieProcess,
  type MovieReply,
  type MovieRequest,
  shutdownTimeoutMs,
  type ToMovieProcess,
} from './messages.js';

type Pending = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void };

type MovieProgress = FrameProgress & { readonly movie: number };

/** The process ended by itself: the request was not completed, and may be sent to another process. */
class MovieProcessEnded extends StepsAnimationError {
  constructor(reason: string) {
    super('encoder', `The process that makes the movie ended unexpectedly (${reason}).`);
  }
}

/**
 * Runs `work` again, once, if the movie process ended in the middle of it.
 * @param work sends requests to a `MovieClient`; `isRetry` is true at the second attempt
 */
export async function retryAfterCrash<T>(
  work: (isRetry: boolean) => Promise<T>,
  debug: (message: string) => void,
): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!(error instanceof MovieProcessEnded)) throw error;
    debug(error.message);
    return await work(true);
  }
}

/** Starts of the process, the first one included. */
const maxStarts = 3;

/**
 * Sends requests to a movie process. One that ended unexpectedly is replaced at the next request; the new process has
 * none of the movies that were open.
 */
export class MovieClient implements AsyncDisposable {
  readonly #onProgress: (progress: MovieProgress) => void;
  readonly #pending = new Map<number, Pending>();
  #process: ChildProcess | undefined;
  #starts = 0;
  #nextId = 0;
  readonly #closing = new AbortController();
  readonly #stopping: AbortSignal;

  /** @param signal when it aborts, a process that hangs is given up after a short time */
  constructor(onProgress: (progress: MovieProgress) => void, signal?: AbortSignal) {
    this.#onProgress = onProgress;
    this.#stopping = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    this.#process = this.#start();
  }

  /** @throws StepsAnimationError the failure in the process, or `MovieProcessEnded` */
  async ask<Type extends MovieRequest['type']>(
    request: Extract<MovieRequest, { type: Type }>,
  ): Promise<MovieReply[Type]> {
    if (this.#closing.signal.aborted) throw new MovieProcessEnded('closed');
    this.#process ??= this.#start();
    const process = this.#process;
    const message: ToMovieProcess = { id: this.#nextId++, request };
    return await new Promise<MovieReply[Type]>((resolve, reject) => {
      this.#pending.set(message.id, { resolve, reject });
      process.send(message, (error) => error && this.#end(process, error.message));
    });
  }

  #start(): ChildProcess {
    if (++this.#starts > maxStarts) throw new MovieProcessEnded(`${maxStarts} times`);
    const process = forkProcess(new URL('./process.js', import.meta.url), { cleansUp: true });
    hurryOnAbort(process, this.#stopping);
    process.on('message', (message: FromMovieProcess) => this.#receive(message));
    process.on('exit', (code, signal) => this.#end(process, signal ?? `exit code ${code}`));
    process.on('error', (error) => this.#end(process, error.message));
    return process;
  }

  #receive(message: FromMovieProcess): void {
    if (message.type === 'progress') {
      this.#onProgress(message);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'done') pending?.resolve(message.value as never);
    else pending?.reject(new StepsAnimationError(message.error.code, message.error.message));
  }

  #end(process: ChildProcess, reason: string): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new MovieProcessEnded(reason));
  }

  /** Ends the process, which first removes movies that were not closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const process = this.#process;
    if (!process) return;
    const exited = new Promise((resolve) => process.once('exit', resolve));
    this.#end(process, 'closed');
    if (process.connected) process.disconnect();
    const killTimer = setTimeout(() => process.kill('SIGKILL'), shutdownTimeoutMs);
    await exited;
    clearTimeout(killTimer);
  }
}
