import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type RunEvent, stopReason } from '../remote/generate-images.js';
import { isUnreachable } from '../remote/http-client.js';
import { decodePicture, fromBase64 } from '../remote/pictures.js';
import { cancelTimeoutMs } from '../remote/reconnecting.js';
import { type ImagesAnswer, imagesAnswer } from './answers.js';
import type { Payload } from './payload.js';
import { Progress, type ProgressSettings, type TaskProgress } from './progress.js';

type TaskSettings = ProgressSettings & {
  readonly payload: Payload;
  /** stops the task as soon as it is at work: before that, what is at work is somebody else's */
  readonly stopping: AbortSignal;
  /** how long the web UI may answer no request for the progress */
  readonly silenceTimeoutMs: number;
};

type Answered = { readonly answer: ImagesAnswer } | { readonly failure: unknown };

/** For one image; the silence timeout ends a web UI that is gone earlier. */
const imageTimeoutMs = 24 * 60 * 60 * 1000;
const pauseAfterFailureMs = 1000;

/** One request to a web UI, from its sending to its answer, with the live previews that it shows meanwhile. */
export class Task {
  readonly #settings: TaskSettings;
  readonly #progress: Progress;
  readonly #pollTimer = new PollTimer();
  readonly #leaving = new AbortController();
  /** aborted to poll without waiting */
  #waking = new AbortController();
  #isStopped = false;
  #isActive = false;
  #hasNotedQueue = false;
  #hasNotedStop = false;

  constructor(settings: TaskSettings) {
    this.#settings = settings;
    this.#progress = new Progress(settings);
  }

  /** @throws StepsAnimationError `network` or `usage` */
  async *events(): AsyncGenerator<RunEvent, ImagesAnswer, void> {
    const { stopping } = this.#settings;
    let answered: Answered | undefined;
    const answering = this.#send().then((result) => {
      answered = result;
      this.#waking.abort();
      return result;
    });
    const wake = () => this.#waking.abort();
    stopping.addEventListener('abort', wake);
    let lastAnswerAt = performance.now();
    try {
      await this.#wait(this.#pollTimer.intervalMs);
      while (!answered) {
        const polledAt = performance.now();
        let isSilent = false;
        const progress = await this.#progress.poll().catch((error: unknown) => {
          isSilent = isUnreachable(error);
        });
        if (!isSilent) lastAnswerAt = performance.now();
        this.#checkSilence(performance.now() - lastAnswerAt);
        if (progress) yield* this.#eventsOf(progress);
        const pause = progress ? this.#pollTimer.intervalMs - (performance.now() - polledAt) : pauseAfterFailureMs;
        if (!answered) await this.#wait(pause);
      }
    } finally {
      stopping.removeEventListener('abort', wake);
      if (!answered) await this.#leave();
    }
    const result = await answering;
    if ('failure' in result) throw result.failure;
    return result.answer;
  }

  async #send(): Promise<Answered> {
    const { client, payload } = this.#settings;
    const options = { signal: this.#leaving.signal, timeoutMs: imageTimeoutMs };
    try {
      return { answer: await client.post(payload.path, payload.body, imagesAnswer, options) };
    } catch (failure) {
      return { failure };
    }
  }

  /** @throws StepsAnimationError `network` when the web UI has been silent for too long */
  #checkSilence(silenceMs: number): void {
    const { client, silenceTimeoutMs } = this.#settings;
    if (silenceMs < silenceTimeoutMs) return;
    const cause = new Error(`it has not answered for ${Math.round(silenceMs / 1000)} s`);
    throw client.unreachable(cause);
  }

  async *#eventsOf({ state, text, preview }: TaskProgress): AsyncGenerator<RunEvent, void, void> {
    this.#isActive = state === 'active';
    if (state === 'queued' && !this.#hasNotedQueue) {
      this.#hasNotedQueue = true;
      yield { type: 'note', message: `The web UI is busy with something else${text ? ` (${text})` : ''}: this waits.` };
    }
    if (state === 'queued' && this.#settings.stopping.aborted && !this.#hasNotedStop) {
      this.#hasNotedStop = true;
      yield { type: 'note', message: 'The web UI is asked to stop this as soon as it begins.' };
    }
    const reason = stopReason(this.#settings.stopping);
    if (reason) await this.#stop(reason === 'skipped' ? 'skip' : 'interrupt');
    if (!preview) return;
    // A preview that cannot be read is one step less; the image comes all the same.
    const picture = await decodePicture(fromBase64(preview.base64), 'The web UI').catch(() => undefined);
    if (!picture) return;
    this.#pollTimer.update(this.#settings.places.passed, performance.now());
    yield { type: 'step', pass: preview.pass, step: preview.step, picture };
  }

  async #stop(command: 'interrupt' | 'skip'): Promise<void> {
    if (this.#isStopped || !this.#isActive) return;
    // If that fails, it is repeated after the next poll.
    this.#isStopped = await this.#settings.client
      .post(`sdapi/v1/${command}`, {}, z.unknown(), { timeoutMs: cancelTimeoutMs })
      .then(
        () => true,
        () => false,
      );
  }

  /** After a failure, or if the caller has left its loop: the web UI need not go on either. */
  async #leave(): Promise<void> {
    await this.#stop('interrupt');
    this.#leaving.abort();
  }

  async #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#waking;
    if (!signal.aborted) await delay(Math.max(milliseconds, 0), undefined, { signal }).catch(() => {});
    this.#waking = new AbortController();
  }
}

const minIntervalMs = 50;
const maxIntervalMs = 500;
const firstIntervalMs = 100;
/** With fewer, steps are missed; with more, a web UI has less time for its own work. */
const pollsPerStep = 2;

/** Adapts the time between polls to that between steps. */
export class PollTimer {
  #intervalMs = firstIntervalMs;
  #last: { readonly steps: number; readonly at: number } | undefined;

  /** from the beginning of a poll to that of the next */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /**
   * Called when a step is seen.
   * @param steps how many there have been by now
   * @param at in milliseconds
   */
  update(steps: number, at: number): void {
    const last = this.#last;
    this.#last = { steps, at };
    if (!last || steps <= last.steps) return;
    const interval = (at - last.at) / (steps - last.steps) / pollsPerStep;
    this.#intervalMs = Math.min(Math.max(interval, minIntervalMs), maxIntervalMs);
  }
}
