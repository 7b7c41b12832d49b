import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, StepsAnimationError } from '../errors.js';
import type { BatchRequest, FinishedBatch } from './pipeline.js';
import type { SamplerStep } from './samplers/sampler.js';

export type InferenceRequest =
  | { readonly type: 'generate'; readonly run: number; readonly batch: BatchRequest }
  | { readonly type: 'stop'; readonly run: number };

export type InferenceReply =
  | { readonly type: 'loaded' }
  | { readonly type: 'step'; readonly run: number; readonly step: SamplerStep }
  | { readonly type: 'finished'; readonly run: number; readonly batch: FinishedBatch }
  /** without a run: the model could not be loaded */
  | { readonly type: 'failed'; readonly run?: number; readonly code?: ErrorCode; readonly message: string };

/** A loaded model in a thread of its own, because a network holds the thread that runs it for a whole step. */
export class Inference implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #runs = new Map<number, Mailbox>();
  readonly #loaded: Promise<void>;
  #failure: Error | undefined;
  #lastRun = 0;

  /** Starts the thread, which loads the model at once. */
  constructor(modelFolder: string) {
    this.#worker = new Worker(new URL('./inference-worker.js', import.meta.url), {
      workerData: modelFolder,
      execArgv: [],
    });
    this.#loaded = this.#awaitLoading();
    this.#loaded.catch((error: Error) => this.#fail(error));
    this.#worker.on('message', (reply: InferenceReply) => this.#receive(reply));
    this.#worker.on('error', (cause) =>
      this.#fail(new StepsAnimationError('model', `Inference failed: ${cause}`, { cause })),
    );
    this.#worker.on('exit', () => this.#fail(new StepsAnimationError('model', 'The inference thread has ended.')));
    this.#worker.unref();
  }

  /** Whether the thread can still be used. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** @throws StepsAnimationError `model` when the model cannot be loaded */
  async loaded(): Promise<void> {
    this.#worker.ref();
    try {
      await this.#loaded;
    } finally {
      this.#rest();
    }
  }

  /**
   * Makes one batch, after those asked for before. The sampler never waits for whoever reads the steps.
   * When `signal` aborts, the step at hand is the last.
   */
  async *generate(batch: BatchRequest, signal?: AbortSignal): AsyncGenerator<SamplerStep, FinishedBatch, void> {
    const run = ++this.#lastRun;
    const mailbox = new Mailbox();
    if (this.#failure) throw this.#failure;
    this.#runs.set(run, mailbox);
    const stop = () => this.#post({ type: 'stop', run });
    this.#worker.ref();
    this.#post({ type: 'generate', run, batch });
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    try {
      for (;;) {
        const reply = await mailbox.take();
        if (reply.type === 'step') yield reply.step;
        if (reply.type === 'finished') return reply.batch;
        if (reply.type === 'failed') throw errorOf(reply);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
      this.#runs.delete(run);
      this.#rest();
    }
  }

  async #awaitLoading(): Promise<void> {
    const [reply]: InferenceReply[] = await once(this.#worker, 'message');
    if (reply?.type === 'failed') throw errorOf(reply);
  }

  #receive(reply: InferenceReply): void {
    if (reply.type !== 'loaded' && reply.run !== undefined) this.#runs.get(reply.run)?.put(reply);
  }

  #post(request: InferenceRequest): void {
    this.#worker.postMessage(request);
  }

  /** Lets the process end while nothing is asked for. */
  #rest(): void {
    if (this.#runs.size === 0) this.#worker.unref();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const mailbox of this.#runs.values()) mailbox.close(this.#failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Replies wait here until they are read. */
class Mailbox {
  readonly #replies: InferenceReply[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => {};

  put(reply: InferenceReply): void {
    this.#replies.push(reply);
    this.#wake();
  }

  close(failure: Error): void {
    this.#failure = failure;
    this.#wake();
  }

  async take(): Promise<InferenceReply> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply) return reply;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function errorOf({ code, message }: { readonly code?: ErrorCode; readonly message: string }): StepsAnimationError {
  return new StepsAnimationError(code ?? 'model', code ? message : `Inference failed: ${message}`);
}
