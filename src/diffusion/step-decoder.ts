import type { ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { StepsAnimationError } from '../errors.js';
import { describeExit, hurryOnAbort, keepAlive } from '../util/forked-process.js';
import type { PixelPicture } from './batch-request.js';
import type { Latent } from './latent.js';
import { forkModelProcess, type ModelSettings, processLost } from './model-process.js';

/** The decoder of the model's own autoencoder, or of a tiny one. */
export type DecoderKind = 'full' | 'tiny';
/** A message to the process; `latent` is a batch of one. */
export type DecodeRequest = { readonly id: number; readonly latent: Latent; readonly kind: DecoderKind };
/** A picture with the time that decoding took. */
export type DecodedStep = { readonly picture: PixelPicture; readonly milliseconds: number };
/** The answer to the request of the same id. */
export type DecodeReply = ({ readonly id: number } & DecodedStep) | { readonly id: number; readonly error: string };

type Pending = {
  readonly resolve: (decoded: DecodedStep) => void;
  readonly reject: (error: Error) => void;
};

/** The process ended by itself, or hung: another one may decode the same step. */
class ProcessLost extends Error {}

/**
 * Decodes steps in a child process of the lowest priority, so that it does not slow the sampler down. The process starts
 * with the first latent, and again after it was lost: then each step that it had not decoded is tried once more.
 */
export class StepDecoder implements AsyncDisposable {
  readonly #model: ModelSettings;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(model: ModelSettings) {
    this.#model = model;
  }

  /**
   * Decodes a latent after those requested before.
   * @param latent a batch of one
   * @param signal when it aborts, a process that hangs is given up after a short time
   * @throws StepsAnimationError `model` when the decoder cannot be loaded, or its process ends or hangs twice
   */
  async decode(latent: Latent, kind: DecoderKind, signal?: AbortSignal): Promise<DecodedStep> {
    try {
      return await this.#decode(latent, kind, signal).catch((error: unknown) => {
        if (!(error instanceof ProcessLost) || this.#isClosed) throw error;
        return this.#decode(latent, kind, signal);
      });
    } catch (error) {
      throw error instanceof ProcessLost ? processLost('decodes the steps', error.message) : error;
    }
  }

  async #decode(latent: Latent, kind: DecoderKind, signal: AbortSignal | undefined): Promise<DecodedStep> {
    const id = ++this.#lastId;
    const child = this.#running();
    using _ = hurryOnAbort(child, signal);
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      keepAlive(child, true);
      const request: DecodeRequest = { id, latent, kind };
      child.send(request, (error) => {
        if (error) this.#settle(id)?.reject(undecoded(error.message));
      });
    });
  }

  #running(): ChildProcess {
    if (this.#child) return this.#child;
    const child = forkModelProcess(new URL('./step-decoder-process.js', import.meta.url), this.#model);
    lowerPriority(child);
    child.on('message', (reply) => this.#receive(reply as DecodeReply));
    child.on('error', (error) => this.#lose(child, error.message));
    child.on('exit', (code, signal) => this.#lose(child, describeExit(code, signal)));
    this.#child = child;
    return child;
  }

  #receive(reply: DecodeReply): void {
    const pending = this.#settle(reply.id);
    if ('picture' in reply) pending?.resolve(reply);
    else pending?.reject(undecoded(reply.error));
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#child) keepAlive(this.#child, this.#pending.size > 0);
    return pending;
  }

  #lose(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new ProcessLost(reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const child = this.#child;
    if (!child) return;
    this.#lose(child, 'it was stopped');
    child.kill('SIGKILL');
  }
}

/** Set by the parent, so that it holds for the start of the process and all its threads. */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Not permitted, or the process has ended already: steps are decoded at normal priority, or reported as lost.
  }
}

function undecoded(reason: string): StepsAnimationError {
  return new StepsAnimationError(
    'model',
    `A step could not be decoded (${reason}): choose a smaller size, or --preview cheap.`,
  );
}
