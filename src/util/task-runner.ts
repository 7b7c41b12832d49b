import { parentPort, type Transferable, Worker } from 'node:worker_threads';
import { type ErrorCode, StepsAnimationError } from '../errors.js';
import { messageOf } from './error-message.js';
import { followParent, forkProcess, keepAlive, sendToParent } from './forked-process.js';

type Reply<Result> = { readonly result: Result } | { readonly message: string; readonly code?: ErrorCode };

type RunnerSettings = {
  /** what the tasks do, for messages: `Reading the prompt` */
  readonly work: string;
  /** a process where native code reads what others made: it may crash; a thread by default */
  readonly kind?: 'thread' | 'process';
  /** a task that takes longer is given up, with its thread; 10 s by default */
  readonly timeoutMs?: number;
};

/** A thread or a process that does the tasks. */
type Helper = {
  post(task: unknown, transferred: readonly Transferable[]): void;
  /** whether it keeps the program alive */
  setAwaited(isAwaited: boolean): void;
  kill(): void;
};

const defaultTimeoutMs = 10_000;
/** Memory of the JavaScript heap: a task that needs more fails, and the program goes on. */
const maxHeapMb = 512;

/**
 * Does work that could block the event loop, task by task, in a thread or a process of its own. That starts with the
 * first task, and again after one that was given up; without tasks it does not keep the program alive.
 */
export class TaskRunner<Task, Result> {
  readonly #file: URL;
  readonly #settings: Required<RunnerSettings>;
  #helper: Helper | undefined;
  /** the task that is being done */
  #pending: { readonly resolve: (reply: Reply<Result>) => void; readonly reject: (error: Error) => void } | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param file a module that calls `serveTasks` */
  constructor(file: URL, settings: RunnerSettings) {
    this.#file = file;
    this.#settings = { kind: 'thread', timeoutMs: defaultTimeoutMs, ...settings };
  }

  /** @throws StepsAnimationError that of the task; `usage` when it needs too much time or memory */
  run(task: Task, transferred: readonly Transferable[] = []): Promise<Result> {
    const done = this.#queue.then(() => this.#run(task, transferred));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #run(task: Task, transferred: readonly Transferable[]): Promise<Result> {
    this.#helper ??= this.#settings.kind === 'thread' ? this.#startThread() : this.#startProcess();
    const helper = this.#helper;
    const { work, timeoutMs } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    try {
      helper.setAwaited(true);
      const reply = await new Promise<Reply<Result>>((resolve, reject) => {
        this.#pending = { resolve, reject };
        timer = setTimeout(() => this.#giveUp(helper, `takes longer than ${timeoutMs / 1000} s`), timeoutMs);
        helper.post(task, transferred);
      });
      if ('result' in reply) return reply.result;
      throw reply.code ? new StepsAnimationError(reply.code, reply.message) : new Error(`${work}: ${reply.message}`);
    } finally {
      clearTimeout(timer);
      helper.setAwaited(false);
    }
  }

  #startThread(): Helper {
    const worker = new Worker(this.#file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
    const helper: Helper = {
      post: (task, transferred) => worker.postMessage(task, transferred),
      setAwaited: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
      // It ends by itself; nobody waits for it.
      kill: () => void worker.terminate(),
    };
    worker.on('message', (reply: Reply<Result>) => this.#pending?.resolve(reply));
    worker.on('error', (cause) => this.#giveUp(helper, `failed (${messageOf(cause)})`, cause));
    return helper;
  }

  #startProcess(): Helper {
    const execArgv = [`--max-old-space-size=${maxHeapMb}`];
    const child = forkProcess(this.#file, { stderr: 'ignore', execArgv });
    const helper: Helper = {
      post: (task) => child.send(Object(task), () => {}),
      setAwaited: (isAwaited) => keepAlive(child, isAwaited),
      kill: () => child.kill('SIGKILL'),
    };
    child.on('message', (reply) => this.#pending?.resolve(reply as Reply<Result>));
    child.on('error', (cause) => this.#giveUp(helper, `failed (${messageOf(cause)})`, cause));
    child.on('exit', (code, signal) => this.#giveUp(helper, `failed (its process ended with ${signal ?? code})`));
    return helper;
  }

  #giveUp(helper: Helper, reason: string, cause?: unknown): void {
    if (helper !== this.#helper) return;
    this.#helper = undefined;
    helper.kill();
    const message = `${this.#settings.work} ${reason}: make it smaller.`;
    this.#pending?.reject(new StepsAnimationError('usage', message, { cause }));
  }
}

/** In the thread or process: does the tasks that come, and replies to each. */
export function serveTasks<Task, Result>(perform: (task: Task) => Result | Promise<Result>): void {
  const answer = async (task: Task): Promise<Reply<Result>> => {
    try {
      return { result: await perform(task) };
    } catch (error) {
      return { message: messageOf(error), ...(error instanceof StepsAnimationError && { code: error.code }) };
    }
  };
  const port = parentPort;
  if (port) {
    port.on('message', async (task: Task) => port.postMessage(await answer(task)));
    return;
  }
  process.on('message', async (task) => sendToParent(await answer(task as Task)));
  followParent();
}
