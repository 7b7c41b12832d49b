import { parentPort, type Transferable, Worker } from 'node:worker_threads';
import { type ErrorCode, StepsAnimationError } from '../errors.js';
import { messageOf } from './error-message.js';
import { followParent, forkProcess, keepAlive, sendToParent } from './forked-process.js';

type Reply<Result> = { readonly result: Result } | { readonly message: string; readonly code?: ErrorCode };
type FromHelper<Result, Progress> = Reply<Result> | { readonly progress: Progress };
type ToHelper<Task> = { readonly task: Task } | { readonly type: 'stop' };

export type TaskRunnerSettings = {
  /** what the tasks do, for messages: `Reading the prompt` */
  readonly work: string;
  /** a process where native code reads what others made: it may crash; a thread by default */
  readonly kind?: 'thread' | 'process';
  /** a task that takes longer, or as long after it has reported progress, is given up, with its thread; 10 s by default */
  readonly timeoutMs?: number;
  /** how often a task is tried whose process ends or hangs; once by default */
  readonly maxAttempts?: number;
  /** of a task that is given up; `usage` by default */
  readonly code?: ErrorCode;
};

export type RunSettings<Progress> = {
  readonly transferred?: readonly Transferable[];
  /** stops the task, which may clean up for a few seconds */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
};

/** What a task can do beside its result. */
export type TaskContext<Progress> = {
  readonly signal: AbortSignal;
  readonly report: (progress: Progress) => void;
};

/** A thread or a process that does the tasks. */
type Helper = {
  post(message: ToHelper<unknown>, transferred?: readonly Transferable[]): void;
  /** whether it keeps the program alive */
  setAwaited(isAwaited: boolean): void;
  /** Resolves when it has ended: it writes nothing any more. */
  kill(): Promise<unknown>;
};

/** A task was given up, together with the thread or process that did it. */
class TaskLost extends StepsAnimationError {
  constructor(
    code: ErrorCode,
    message: string,
    /** whether the process ended or did not respond any more: the next one may do better */
    readonly hasCrashed: boolean,
    cause: unknown,
  ) {
    super(code, message, { cause });
  }
}

const defaultTimeoutMs = 10_000;
/** Time for a task to stop, after which its thread or process is ended. */
const stopTimeoutMs = 4000;
/** A process without tasks ends after this time. */
const idleTimeoutMs = 60_000;
/** Memory of the JavaScript heap: a task that needs more fails, and the program goes on. */
const maxHeapMb = 512;

/**
 * Does work that could block the event loop, task by task, in a thread or a process of its own. That starts with the
 * first task, and again after one that was given up; without tasks it does not keep the program alive.
 */
export class TaskRunner<Task, Result, Progress = never> {
  readonly #file: URL;
  readonly #settings: Required<TaskRunnerSettings>;
  #helper: Helper | undefined;
  /** the task that is being done */
  #pending:
    | { readonly receive: (message: FromHelper<Result, Progress>) => void; readonly reject: (error: Error) => void }
    | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param file a module that calls `serveTasks` */
  constructor(file: URL, settings: TaskRunnerSettings) {
    this.#file = file;
    this.#settings = { kind: 'thread', timeoutMs: defaultTimeoutMs, maxAttempts: 1, code: 'usage', ...settings };
  }

  /** @throws StepsAnimationError that of the task; `interrupted` when it was stopped; that of the settings when it is given up */
  run(task: Task, settings: RunSettings<Progress> = {}): Promise<Result> {
    const done = this.#queue.then(() => this.#attempt(task, settings));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #attempt(task: Task, settings: RunSettings<Progress>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      if (settings.signal?.aborted) throw this.#stopped();
      try {
        return await this.#run(task, settings);
      } catch (error) {
        if (!(error instanceof TaskLost)) throw error;
        if (settings.signal?.aborted) throw this.#stopped();
        if (!error.hasCrashed || attempt >= this.#settings.maxAttempts) throw error;
      }
    }
  }

  async #run(task: Task, { transferred, signal, onProgress }: RunSettings<Progress>): Promise<Result> {
    clearTimeout(this.#idleTimer);
    this.#helper ??= this.#settings.kind === 'thread' ? this.#startThread() : this.#startProcess();
    const helper = this.#helper;
    const { work, timeoutMs } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    const limit = (ms: number, reason: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#giveUp(helper, reason), ms);
    };
    const stop = () => {
      helper.post({ type: 'stop' });
      limit(stopTimeoutMs, 'does not stop');
    };
    try {
      helper.setAwaited(true);
      signal?.addEventListener('abort', stop);
      const reply = await new Promise<Reply<Result>>((resolve, reject) => {
        const limitSilence = () => limit(timeoutMs, `takes longer than ${timeoutMs / 1000} s`);
        const receive = (message: FromHelper<Result, Progress>) => {
          if (!('progress' in message)) return resolve(message);
          if (!signal?.aborted) limitSilence();
          onProgress?.(message.progress);
        };
        this.#pending = { receive, reject };
        limitSilence();
        helper.post({ task }, transferred);
      });
      if ('result' in reply) return reply.result;
      throw reply.code ? new StepsAnimationError(reply.code, reply.message) : new Error(`${work}: ${reply.message}`);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      helper.setAwaited(false);
      this.#endWhenIdle(helper);
    }
  }

  #stopped(): StepsAnimationError {
    return new StepsAnimationError('interrupted', `${this.#settings.work} was stopped.`);
  }

  #endWhenIdle(helper: Helper): void {
    if (this.#settings.kind === 'thread') return;
    this.#idleTimer = setTimeout(() => {
      if (this.#helper !== helper) return;
      this.#helper = undefined;
      helper.kill().catch(() => {});
    }, idleTimeoutMs).unref();
  }

  #startThread(): Helper {
    const worker = new Worker(this.#file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
    const helper: Helper = {
      post: (message, transferred) => worker.postMessage(message, transferred),
      setAwaited: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
      kill: () => worker.terminate(),
    };
    worker.on('message', (message: FromHelper<Result, Progress>) => this.#receive(helper, message));
    worker.on('error', (cause) => this.#giveUp(helper, `failed (${messageOf(cause)})`, { cause }));
    return helper;
  }

  #startProcess(): Helper {
    const execArgv = [`--max-old-space-size=${maxHeapMb}`];
    const child = forkProcess(this.#file, { stderr: 'ignore', execArgv });
    const ended = child.pid === undefined ? undefined : new Promise((resolve) => child.once('exit', resolve));
    const helper: Helper = {
      post: (message) => child.send(message, () => {}),
      setAwaited: (isAwaited) => keepAlive(child, isAwaited),
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
    child.on('message', (message) => this.#receive(helper, message as FromHelper<Result, Progress>));
    // It could not be started, or hangs.
    child.on('error', (cause) => this.#giveUp(helper, `failed (${messageOf(cause)})`, { hasCrashed: true, cause }));
    child.on('exit', (code, signal) => {
      this.#giveUp(helper, `failed (its process ended with ${signal ?? code})`, { hasCrashed: true });
    });
    return helper;
  }

  #receive(helper: Helper, message: FromHelper<Result, Progress>): void {
    if (helper === this.#helper) this.#pending?.receive(message);
  }

  #giveUp(
    helper: Helper,
    reason: string,
    { hasCrashed = false, cause }: { hasCrashed?: boolean; cause?: unknown } = {},
  ) {
    if (helper !== this.#helper) return;
    this.#helper = undefined;
    const { work, code } = this.#settings;
    const remedy = hasCrashed ? 'try again, or make it smaller' : 'make it smaller';
    const lost = new TaskLost(code, `${work} ${reason}: ${remedy}.`, hasCrashed, cause);
    const pending = this.#pending;
    const reject = () => pending?.reject(lost);
    helper.kill().then(reject, reject);
  }
}

/** In the thread or process: does the tasks that come, one at a time, and replies to each. */
export function serveTasks<Task, Result, Progress = never>(
  perform: (task: Task, context: TaskContext<Progress>) => Result | Promise<Result>,
): void {
  const port = parentPort;
  const send = (message: FromHelper<Result, Progress>) => (port ? port.postMessage(message) : sendToParent(message));
  let stopping = new AbortController();
  const take = async (message: ToHelper<Task>) => {
    if ('type' in message) return stopping.abort();
    stopping = new AbortController();
    send(
      await replyTo(() => perform(message.task, { signal: stopping.signal, report: (progress) => send({ progress }) })),
    );
  };
  if (port) {
    port.on('message', take);
    return;
  }
  process.on('message', (message) => take(message as ToHelper<Task>));
  followParent();
}

async function replyTo<Result>(perform: () => Result | Promise<Result>): Promise<Reply<Result>> {
  try {
    return { result: await perform() };
  } catch (error) {
    return { message: messageOf(error), ...(error instanceof StepsAnimationError && { code: error.code }) };
  }
}
