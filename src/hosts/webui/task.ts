import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type RunEvent, stopReason } from '../remote/generate-images.js';
import { isUnreachable } from '../remote/http-client.js';
import { cancelTimeoutMs, maxPictureBytes, stopTimeoutMs } from '../remote/limits.js';
import { decodePicture, fromBase64 } from '../remote/pictures.js';
import { type ImagesAnswer, imagesAnswer } from './answers.js';
import type { Payload } from './payload.js';
import { Progress, type ProgressSettings, type TaskProgress } from './progress.js';

type TaskSettings = ProgressSettings & {
  readonly payload: Payload;
  /** stops the task as soon as it is at work: before that, what is at work is somebody else's */
  readonly stopping: AbortSignal;
  /** how long the web UI may not say that it is at work on the task, or that the task waits */
  readonly silenceTimeoutMs: number;
};

type Answered = { readonly answer: ImagesAnswer } | { readonly failure: unknown };

/** For one image; a web UI that is gone, or has lost the task, is given up earlier. */
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
  /** when the web UI took the request to stop, by `performance.now()` */
  #stoppedAtMs: number | undefined;
  /** of the last answer; undefined if there was none */
  #state: TaskProgress['state'] | undefined;
  /** of the last question, if that failed */
  #failure: unknown;
  #hasNotedQueue = false;
  #hasNotedStop = false;

  constructor(settings: TaskSettings) {
    this.#settings = settings;
    this.#progress = new Progress(settings);
  }

  /**
   * @returns undefined if it was stopped, and the web UI does not answer or end it in time
   * @throws StepsAnimationError `network` or `usage`
   */
  async *events(): AsyncGenerator<RunEvent, ImagesAnswer | undefined, void> {
    const { stopping } = this.#settings;
    let answered: Answered | undefined;
    const answering = this.#send().then((result) => {
      answered = result;
      this.#waking.abort();
      return result;
    });
    const wake = () => this.#waking.abort();
    stopping.addEventListener('abort', wake);
    let lastSignAtMs = performance.now();
    try {
      await this.#wait(this.#pollTimer.intervalMs);
      while (!answered) {
        const polledAt = performance.now();
        const isStopping = stopping.aborted;
        if (isStopping && !(await this.#stop())) return undefined;
        const progress = await this.#poll();
        if (isStopping && isUnreachable(this.#failure)) return undefined;
        if (progress && progress.state !== 'unknown') lastSignAtMs = performance.now();
        else if (!answered) this.#checkSilence(performance.now() - lastSignAtMs);
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
    const options = { signal: this.#leaving.signal, timeoutMs: imageTimeoutMs, maxBytes: maxPictureBytes };
    try {
      return { answer: await client.post(payload.path, payload.body, imagesAnswer, options) };
    } catch (failure) {
      return { failure };
    }
  }

  /** Undefined if that fails: it costs a step, not the run. */
  async #poll(): Promise<TaskProgress | undefined> {
    try {
      const progress = await this.#progress.poll();
      this.#failure = undefined;
      this.#state = progress.state;
      return progress;
    } catch (error) {
      this.#failure = error;
      return undefined;
    }
  }

  /** @throws StepsAnimationError `network` when the web UI has not been at work on the task for too long */
  #checkSilence(silenceMs: number): void {
    const { client, silenceTimeoutMs } = this.#settings;
    if (silenceMs < silenceTimeoutMs) return;
    if (this.#failure === undefined) throw client.lostRun();
    if (!isUnreachable(this.#failure)) throw this.#failure;
    const cause = new Error(`it has not answered for ${Math.round(silenceMs / 1000)} s`);
    throw client.unreachable(cause);
  }

  async *#eventsOf({ state, text, preview }: TaskProgress): AsyncGenerator<RunEvent, void, void> {
    if (state === 'queued' && !this.#hasNotedQueue) {
      this.#hasNotedQueue = true;
      yield { type: 'note', message: `The web UI is busy with something else${text ? ` (${text})` : ''}: this waits.` };
    }
    if (state === 'queued' && this.#settings.stopping.aborted && !this.#hasNotedStop) {
      this.#hasNotedStop = true;
      yield { type: 'note', message: 'The web UI is asked to stop this as soon as it begins.' };
    }
    if (!preview) return;
    // A preview that cannot be read is one step less; the image comes all the same.
    const picture = await decodePicture(fromBase64(preview.base64), 'The web UI').catch(() => undefined);
    if (!picture) return;
    this.#pollTimer.update(this.#settings.places.passed, performance.now());
    yield { type: 'step', pass: preview.pass, step: preview.step, picture };
  }

  /**
   * Asks the web UI to stop what is at work, if that is the task.
   * @returns false if it does not answer, or has not ended the task in time
   */
  async #stop(): Promise<boolean> {
    if (this.#stoppedAtMs !== undefined) return performance.now() - this.#stoppedAtMs < stopTimeoutMs;
    if (!this.#isAtWork) return true;
    const command = stopReason(this.#settings.stopping) === 'skipped' ? 'skip' : 'interrupt';
    try {
      await this.#settings.client.post(`sdapi/v1/${command}`, {}, z.unknown(), { timeoutMs: cancelTimeoutMs });
      this.#stoppedAtMs = performance.now();
      return true;
    } catch (error) {
      this.#failure = error;
      // If it is refused, it is repeated after the next poll.
      return !isUnreachable(error);
    }
  }

  /** Where no question has been answered yet, nothing else can be at work if nothing was before. */
  get #isAtWork(): boolean {
    return this.#state === 'active' || (this.#state === undefined && this.#settings.before.job === '');
  }

  /** After a failure, or if the caller has left its loop: the web UI need not go on either. */
  async #leave(): Promise<void> {
    if (!this.#settings.stopping.aborted || !isUnreachable(this.#failure)) await this.#stop();
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
