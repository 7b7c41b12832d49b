import { type ChildProcess, fork } from 'node:child_process';
import { StepsAnimationError } from '../errors.js';
import type { FromMovieProcess, MovieReply, MovieRequest, ToMovieProcess } from './messages.js';

type Pending = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void };

export type MovieProgress = { readonly movie: number; readonly frame: number; readonly frames: number };

/** The process ended by itself: what it was asked for has not been done, and may be asked of another one. */
class MovieProcessEnded extends StepsAnimationError {
  constructor(how: string) {
    super('encoder', `The process that makes the movie ended unexpectedly (${how}).`);
  }
}

/** A process that ended unexpectedly is replaced; what it was doing is asked for once more: then, `isAgain` is true. */
export async function twice<T>(work: (isAgain: boolean) => Promise<T>, debug: (message: string) => void): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!(error instanceof MovieProcessEnded)) throw error;
    debug(error.message);
    return await work(true);
  }
}

/** A process that dies again and again is not started a further time. */
const mostStarts = 3;
/** How long the process may take to clear up, in milliseconds. */
const patience = 10_000;

/**
 * Speaks to a movie process of its own. One that ended unexpectedly is replaced at the next request; the new
 * one knows nothing of movies opened before.
 */
export class MovieClient implements AsyncDisposable {
  readonly #onProgress: (progress: MovieProgress) => void;
  readonly #pending = new Map<number, Pending>();
  #process: ChildProcess | undefined;
  #starts = 0;
  #nextId = 0;
  #closed = false;

  constructor(onProgress: (progress: MovieProgress) => void) {
    this.#onProgress = onProgress;
    this.#process = this.#start();
  }

  /** @throws StepsAnimationError what the process says, or `MovieProcessEnded` */
  async ask<Type extends MovieRequest['type']>(
    request: Extract<MovieRequest, { type: Type }>,
  ): Promise<MovieReply[Type]> {
    if (this.#closed) throw new MovieProcessEnded('closed');
    this.#process ??= this.#start();
    const process = this.#process;
    const message: ToMovieProcess = { id: this.#nextId++, request };
    return await new Promise<MovieReply[Type]>((resolve, reject) => {
      this.#pending.set(message.id, { resolve, reject });
      process.send(message, (error) => error && this.#end(process, error.message));
    });
  }

  #start(): ChildProcess {
    if (++this.#starts > mostStarts) throw new MovieProcessEnded(`${mostStarts} times; it was given up`);
    const process = fork(new URL('./process.js', import.meta.url), {
      serialization: 'advanced',
      // Standard output belongs to the caller; what the encoder says goes where errors go.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
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

  #end(process: ChildProcess, how: string): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new MovieProcessEnded(how));
  }

  /** Lets the process go, which removes movies that were not closed, and waits until it has gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const process = this.#process;
    if (!process) return;
    const gone = new Promise((resolve) => process.once('exit', resolve));
    this.#end(process, 'closed');
    if (process.connected) process.disconnect();
    const overdue = setTimeout(() => process.kill('SIGKILL'), patience);
    await gone;
    clearTimeout(overdue);
  }
}
