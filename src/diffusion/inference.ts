import type { ChildProcess } from 'node:child_process';
import { type ErrorCode, StepsAnimationError } from '../errors.js';
import type { BatchRequest, Size } from './batch-request.js';
import { describeExit, forkProcess, holdOpen, type ModelSettings, processGone } from './forked-process.js';
import type { Device } from './networks/devices.js';
import type { FinishedBatch, PassStep } from './pipeline.js';

/** A step with the time that it took to make. */
export type TimedStep = PassStep & { readonly milliseconds: number };

/** What is known of a model when it is loaded. */
export type LoadedFacts = {
  /** the only size in pixels that the model can make, if there is but one */
  readonly fixedSize: Size | undefined;
  /** how many tokens of a prompt it reads, if there is a limit, counted with those that mark start and end */
  readonly fixedTokens: number | undefined;
  /** what it runs on */
  readonly device: Device;
  /** why it does not run on a better device, where that should be known */
  readonly note: string | undefined;
};

/** What the process is asked for; runs are numbered by whoever asks. */
export type InferenceRequest =
  | { readonly type: 'generate'; readonly run: number; readonly batch: BatchRequest }
  | { readonly type: 'stop'; readonly run: number };

/** What it tells of itself and of runs. */
export type InferenceReply =
  | ({ readonly type: 'loaded' } & LoadedFacts)
  | { readonly type: 'step'; readonly run: number; readonly step: TimedStep }
  | { readonly type: 'finished'; readonly run: number; readonly batch: FinishedBatch }
  /** without a run: the model could not be loaded */
  | { readonly type: 'failed'; readonly run?: number; readonly code?: ErrorCode; readonly message: string };

/** A loaded model in a process of its own, because a network holds the thread that runs it for a whole step. */
export class Inference implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #runs = new Map<number, Mailbox>();
  readonly #loading = new Mailbox();
  readonly #loaded: Promise<LoadedFacts>;
  /** runs whose sampler has not ended */
  readonly #sampling = new Set<number>();
  readonly #waiting: (() => void)[] = [];
  #failure: Error | undefined;
  #lastRun = 0;

  /** Starts the process, which loads the model at once. */
  constructor(model: ModelSettings) {
    this.#child = forkProcess(new URL('./inference-process.js', import.meta.url), model);
    this.#child.on('message', (reply) => this.#receive(reply as InferenceReply));
    this.#child.on('error', (cause) => this.#fail(cause.message));
    this.#child.on('exit', (code, signal) => this.#fail(describeExit(code, signal)));
    this.#loaded = this.#loading.take().then((reply) => {
      if (reply.type === 'loaded') return reply;
      throw errorOf(reply.type === 'failed' ? reply : {});
    });
    this.#loaded.catch((error) => {
      this.#failure ??= error;
    });
    this.#rest();
  }

  /** Whether the process can still be used. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /**
   * Waits until the model is loaded.
   * @throws StepsAnimationError `model` when the model cannot be loaded
   */
  async loaded(): Promise<LoadedFacts> {
    holdOpen(this.#child, true);
    try {
      return await this.#loaded;
    } finally {
      this.#rest();
    }
  }

  /**
   * Makes one batch, after those asked for before. The sampler never waits for whoever reads the steps.
   * When `signal` aborts, the step at hand is the last.
   */
  async *generate(batch: BatchRequest, signal?: AbortSignal): AsyncGenerator<TimedStep, FinishedBatch, void> {
    const run = ++this.#lastRun;
    const mailbox = new Mailbox();
    if (this.#failure) throw this.#failure;
    this.#runs.set(run, mailbox);
    const stop = () => this.#post({ type: 'stop', run });
    holdOpen(this.#child, true);
    this.#sampling.add(run);
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

  /** Waits until nothing is being sampled, whether or not all steps have been read. */
  async idle(): Promise<void> {
    while (this.#sampling.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #sampled(run: number): void {
    this.#sampling.delete(run);
    if (this.#sampling.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #receive(reply: InferenceReply): void {
    const run = reply.type === 'loaded' ? undefined : reply.run;
    if (run !== undefined && reply.type !== 'step') this.#sampled(run);
    const mailbox = run === undefined ? this.#loading : this.#runs.get(run);
    mailbox?.put(reply);
  }

  #post(request: InferenceRequest): void {
    this.#child.send(request, () => {});
  }

  /** Lets this program end while nothing is asked for. */
  #rest(): void {
    if (this.#runs.size === 0) holdOpen(this.#child, false);
  }

  #fail(reason: string): void {
    this.#failure ??= processGone('runs the model', reason);
    for (const mailbox of [this.#loading, ...this.#runs.values()]) mailbox.close(this.#failure);
    for (const run of this.#sampling) this.#sampled(run);
  }

  /** Ends the process; batches that are being made fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail('it was stopped');
    this.#child.kill('SIGKILL');
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

function errorOf({
  code,
  message = 'it gave no answer',
}: {
  readonly code?: ErrorCode;
  readonly message?: string;
}): StepsAnimationError {
  if (code) return new StepsAnimationError(code, message);
  const remedy = 'if memory is short, choose a smaller size or batch; else try --device cpu';
  return new StepsAnimationError(
    'model',
    `The model could not be run (${message.trim().replace(/\s+/gu, ' ')}): ${remedy}.`,
  );
}
