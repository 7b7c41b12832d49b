import { parentPort, type Transferable, Worker } from 'node:worker_threads';
import { type ErrorCode, StepsAnimationError } from '../errors.js';
import { messageOf } from './error-message.js';

type Reply<Result> = { readonly result: Result } | { readonly message: string; readonly code?: ErrorCode };

type ThreadSettings = {
  /** what the tasks do, for messages: `Reading the prompt` */
  readonly work: string;
  /** a task that takes longer is given up, with its thread; 10 s by default */
  readonly timeoutMs?: number;
};

const defaultTimeoutMs = 10_000;
/** Memory of a thread's JavaScript heap: a task that needs more fails, and the program goes on. */
const maxHeapMb = 512;

/**
 * A thread for work that could block the event loop, done task by task. It starts with the first task, and again after
 * one that was given up; without tasks it does not keep the program alive.
 */
export class TaskThread<Task, Result> {
  readonly #file: URL;
  readonly #settings: Required<ThreadSettings>;
  #worker: Worker | undefined;
  /** the task that the thread is doing */
  #pending: { readonly resolve: (reply: Reply<Result>) => void; readonly reject: (error: Error) => void } | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param file a module that calls `serveTasks` */
  constructor(file: URL, settings: ThreadSettings) {
    this.#file = file;
    this.#settings = { timeoutMs: defaultTimeoutMs, ...settings };
  }

  /** @throws StepsAnimationError that of the task; `usage` when it needs too much time or memory */
  run(task: Task, transferred: readonly Transferable[] = []): Promise<Result> {
    const done = this.#queue.then(() => this.#run(task, transferred));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #run(task: Task, transferred: readonly Transferable[]): Promise<Result> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const { work, timeoutMs } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    try {
      worker.ref();
      const reply = await new Promise<Reply<Result>>((resolve, reject) => {
        this.#pending = { resolve, reject };
        timer = setTimeout(() => this.#giveUp(`takes longer than ${timeoutMs / 1000} s`), timeoutMs);
        worker.postMessage(task, transferred);
      });
      if ('result' in reply) return reply.result;
      throw reply.code ? new StepsAnimationError(reply.code, reply.message) : new Error(`${work}: ${reply.message}`);
    } finally {
      clearTimeout(timer);
      worker.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
    worker.on('message', (reply: Reply<Result>) => this.#pending?.resolve(reply));
    worker.on('error', (cause) => {
      if (worker === this.#worker) this.#giveUp(`failed (${messageOf(cause)})`, cause);
    });
    return worker;
  }

  #giveUp(reason: string, cause?: unknown): void {
    const message = `${this.#settings.work} ${reason}: make it smaller.`;
    this.#pending?.reject(new StepsAnimationError('usage', message, { cause }));
    // It ends by itself; nobody waits for it.
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** In the thread: does the tasks that come, and replies to each. */
export function serveTasks<Task, Result>(perform: (task: Task) => Result | Promise<Result>): void {
  const port = parentPort;
  port?.on('message', async (task: Task) => {
    const reply: Reply<Result> = await Promise.resolve(task)
      .then(perform)
      .then(
        (result) => ({ result }),
        (error) => ({ message: messageOf(error), ...(error instanceof StepsAnimationError && { code: error.code }) }),
      );
    port.postMessage(reply);
  });
}
