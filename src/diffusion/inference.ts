import type { ChildProcess } from 'node:child_process';
import { type ErrorCode, StepsAnimationError } from '../errors.js';
import { AsyncQueue } from '../util/async-queue.js';
import { describeExit, hurryOnAbort, keepAlive } from '../util/forked-process.js';
import type { BatchRequest, Size } from './batch-request.js';
import { forkModelProcess, type ModelSettings, processLost } from './model-process.js';
import type { Device } from './networks/devices.js';
import type { FinishedBatch, PassStep } from './pipeline.js';

/** A step with the time that it took. */
export type TimedStep = PassStep & { readonly milliseconds: number };

/** What is known about a model once it is loaded. */
export type LoadedModelInfo = {
  /** The only size in pixels that the model can make; undefined if it takes others. */
  readonly fixedSize: Size | undefined;
  /** How many tokens of a prompt the model reads, with start and end tokens; undefined if there is no limit. */
  readonly fixedTokens: number | undefined;
  readonly device: Device;
  /** Why the model does not run on a better device, if there is a reason that the user should see. */
  readonly note: string | undefined;
};

/** A message to the process; the sender numbers the runs. */
export type InferenceRequest =
  | { readonly type: 'generate'; readonly run: number; readonly batch: BatchRequest }
  | { readonly type: 'stop'; readonly run: number };

/** A message from the process. */
export type InferenceReply =
  | ({ readonly type: 'loaded' } & LoadedModelInfo)
  | { readonly type: 'step'; readonly run: number; readonly step: TimedStep }
  | { readonly type: 'finished'; readonly run: number; readonly batch: FinishedBatch }
  /** Without a run: the model could not be loaded. */
  | { readonly type: 'failed'; readonly run?: number; readonly code?: ErrorCode; readonly message: string };

/**
 * Time for a stopped batch to end its current step and to decode its pictures: this, and some more for slow models. A
 * driver that hangs, as those of graphics cards sometimes do, is not waited for.
 */
const stopTimeoutMs = 3000;
/** How many times the slowest step is added to that. */
const stopTimeoutSteps = 5;
/** The same time before the first step, which may load and compile for long. */
const firstStopTimeoutMs = 60_000;

/** A loaded model in a process of its own, because a network blocks its thread for a whole step. */
export class Inference implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #runs = new Map<number, AsyncQueue<InferenceReply>>();
  readonly #loading = new AsyncQueue<InferenceReply>();
  readonly #loaded: Promise<LoadedModelInfo>;
  /** Runs whose sampler has not ended. */
  readonly #sampling = new Set<number>();
  readonly #idleListeners: (() => void)[] = [];
  #failure: Error | undefined;
  #lastRun = 0;

  /** Starts the process, which loads the model at once. */
  constructor(model: ModelSettings) {
    this.#child = forkModelProcess(new URL('./inference-process.js', import.meta.url), model);
    this.#child.on('message', (reply) => this.#receive(reply as InferenceReply));
    this.#child.on('error', (cause) => this.#fail(cause.message));
    this.#child.on('exit', (code, signal) => this.#fail(describeExit(code, signal)));
    this.#loaded = this.#loading.take().then((reply) => {
      if (reply?.type === 'loaded') return reply;
      throw errorOf(reply);
    });
    this.#loaded.catch((error) => {
      this.#failure ??= error;
    });
    this.#releaseIfUnused();
  }

  /** Whether the process can still be used. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /**
   * Waits until the model is loaded.
   * @throws StepsAnimationError `model` when the model cannot be loaded
   */
  async loaded(): Promise<LoadedModelInfo> {
    keepAlive(this.#child, true);
    try {
      return await this.#loaded;
    } finally {
      this.#releaseIfUnused();
    }
  }

  /**
   * Generates a batch after those requested before. The sampler does not wait until steps are read.
   * @param signal when it aborts, the current step is the last; if the batch does not end then, its process is killed
   * @param skip when it aborts, the current step is the last, however long it takes
   * @throws StepsAnimationError `model` when it fails, or the process ends or hangs
   */
  async *generate(
    batch: BatchRequest,
    signal?: AbortSignal,
    skip?: AbortSignal,
  ): AsyncGenerator<TimedStep, FinishedBatch, void> {
    const run = ++this.#lastRun;
    const replies = new AsyncQueue<InferenceReply>();
    if (this.#failure) throw this.#failure;
    this.#runs.set(run, replies);
    let slowestStepMs = 0;
    let timer: NodeJS.Timeout | undefined;
    const stop = () => this.#send({ type: 'stop', run });
    const limit = () => {
      timer = setTimeout(() => {
        // It may only be waiting for batches that were requested before.
        const [current] = this.#sampling;
        if (current === run) this.#kill('it did not stop');
      }, stopTimeoutOf(slowestStepMs));
    };
    const stopping = new AbortController();
    keepAlive(this.#child, true);
    this.#sampling.add(run);
    this.#send({ type: 'generate', run, batch });
    using _ = hurryOnAbort(this.#child, signal);
    onAbort(signal, limit, stopping.signal);
    for (const each of [signal, skip]) onAbort(each, stop, stopping.signal);
    try {
      for (;;) {
        const reply = await replies.take();
        if (reply?.type === 'finished') return reply.batch;
        if (reply?.type !== 'step') throw errorOf(reply);
        slowestStepMs = Math.max(slowestStepMs, reply.step.milliseconds);
        yield reply.step;
      }
    } finally {
      stopping.abort();
      clearTimeout(timer);
      stop();
      this.#runs.delete(run);
      this.#releaseIfUnused();
    }
  }

  /** Waits until no sampler is running, whether or not all steps have been read. */
  async idle(): Promise<void> {
    while (this.#sampling.size > 0) await new Promise<void>((resolve) => this.#idleListeners.push(resolve));
  }

  #endSampling(run: number): void {
    this.#sampling.delete(run);
    if (this.#sampling.size === 0) for (const resolve of this.#idleListeners.splice(0)) resolve();
  }

  #receive(reply: InferenceReply): void {
    const run = reply.type === 'loaded' ? undefined : reply.run;
    if (run !== undefined && reply.type !== 'step') this.#endSampling(run);
    const replies = run === undefined ? this.#loading : this.#runs.get(run);
    replies?.push(reply);
  }

  #send(request: InferenceRequest): void {
    this.#child.send(request, () => {});
  }

  /** Lets this program end if no run waits for the process. */
  #releaseIfUnused(): void {
    if (this.#runs.size === 0) keepAlive(this.#child, false);
  }

  #fail(reason: string): void {
    this.#failure ??= processLost('runs the model', reason);
    for (const replies of [this.#loading, ...this.#runs.values()]) replies.fail(this.#failure);
    for (const run of this.#sampling) this.#endSampling(run);
  }

  #kill(reason: string): void {
    this.#fail(reason);
    this.#child.kill('SIGKILL');
  }

  /** Ends the process; its current runs fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill('it was stopped');
  }
}

/** @param slowestStepMs of the batch; 0 before its first step */
function stopTimeoutOf(slowestStepMs: number): number {
  return slowestStepMs === 0 ? firstStopTimeoutMs : stopTimeoutMs + stopTimeoutSteps * slowestStepMs;
}

/** Calls a listener when a signal aborts, or at once if it has, until `done` aborts. */
function onAbort(signal: AbortSignal | undefined, listener: () => void, done: AbortSignal): void {
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener, { signal: done });
}

function errorOf(reply: InferenceReply | undefined): StepsAnimationError {
  const { code = undefined, message } = reply?.type === 'failed' ? reply : { message: 'it gave no answer' };
  if (code) return new StepsAnimationError(code, message);
  const remedy = 'if memory is short, choose a smaller size or batch; else try --device cpu';
  return new StepsAnimationError(
    'model',
    `The model could not be run (${message.trim().replace(/\s+/gu, ' ')}): ${remedy}.`,
  );
}
