import type { ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { StepsAnimationError } from '../errors.js';
import type { PixelPicture } from './batch-request.js';
import { describeExit, forkProcess, keepAlive, type ModelSettings, processLost } from './forked-process.js';
import type { Latent } from './latent.js';

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
  readonly reject: (error: StepsAnimationError) => void;
};

/**
 * Decodes steps in a child process of the lowest priority, so that it does not slow the sampler down, and a crash costs
 * only pictures of steps. The process starts with the first latent, and again with the next one after it was lost.
 */
export class StepDecoder implements AsyncDisposable {
  readonly #model: ModelSettings;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #lastId = 0;

  constructor(model: ModelSettings) {
    this.#model = model;
  }

  /**
   * Decodes a latent after those requested before.
   * @param latent a batch of one
   * @throws StepsAnimationError `model` when the decoder cannot be loaded or its process ends
   */
  decode(latent: Latent, kind: DecoderKind): Promise<DecodedStep> {
    const id = ++this.#lastId;
    const child = this.#running();
    return new Promise((resolve, reject) => {
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
    const child = forkProcess(new URL('./step-decoder-process.js', import.meta.url), this.#model);
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
    const error = processLost('decodes the steps', reason);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
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
