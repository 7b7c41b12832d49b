import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Picture } from '../../pictures/picture.js';
import { type ImagesAnswer, imagesAnswer } from './answers.js';
import type { WebuiConnection } from './connection.js';
import { Pace } from './pace.js';
import type { Payload } from './payload.js';
import { decodeBase64 } from './pictures.js';
import { Progress, type ProgressSettings, type TaskProgress } from './progress.js';
import type { Place } from './step-places.js';

export type TaskEvent =
  | ({ readonly type: 'step'; readonly picture: Picture } & Place)
  | { readonly type: 'note'; readonly message: string };

/** Which of its stops a web UI is asked for. */
export type Stop = 'interrupt' | 'skip';

type Answered = { readonly answer: ImagesAnswer } | { readonly failure: unknown };

/** Milliseconds after a question that failed. */
const pauseAfterFailure = 1000;

/** One request to a web UI, from its sending to its answer, with the live previews that it shows meanwhile. */
export class Task {
  readonly #connection: WebuiConnection;
  readonly #payload: Payload;
  readonly #settings: ProgressSettings;
  readonly #progress: Progress;
  readonly #pace = new Pace();
  readonly #givingUp = new AbortController();
  /** aborted to ask anew without waiting */
  #waking = new AbortController();
  #wanted: Stop | undefined;
  #isStopped = false;
  #isActive = false;
  #hasToldQueue = false;
  #hasToldStop = false;

  constructor(payload: Payload, settings: ProgressSettings) {
    this.#connection = settings.connection;
    this.#payload = payload;
    this.#settings = settings;
    this.#progress = new Progress(settings);
  }

  /** Stops the task as soon as it is at work: before that, what is at work is somebody else's. */
  stop(how: Stop): void {
    if (this.#wanted === 'interrupt') return;
    this.#isStopped &&= this.#wanted === how;
    this.#wanted = how;
    this.#waking.abort();
  }

  /** @throws StepsAnimationError `network` or `usage` */
  async *run(): AsyncGenerator<TaskEvent, ImagesAnswer, void> {
    let answered: Answered | undefined;
    const { path, body } = this.#payload;
    const answering = this.#connection
      .post(path, body, imagesAnswer, { signal: this.#givingUp.signal })
      .then(
        (answer): Answered => ({ answer }),
        (failure: unknown): Answered => ({ failure }),
      )
      .then((result) => {
        answered = result;
        this.#waking.abort();
        return result;
      });
    try {
      await this.#wait(this.#pace.interval);
      while (!answered) {
        const askedAt = performance.now();
        const progress = await this.#progress.ask().catch(() => undefined);
        if (progress) yield* this.#take(progress);
        const pause = progress ? this.#pace.interval - (performance.now() - askedAt) : pauseAfterFailure;
        if (!answered) await this.#wait(pause);
      }
    } finally {
      if (!answered) await this.#abandon();
    }
    const result = await answering;
    if ('failure' in result) throw result.failure;
    return result.answer;
  }

  async *#take({ state, text, preview }: TaskProgress): AsyncGenerator<TaskEvent, void, void> {
    this.#isActive = state === 'active';
    if (state === 'queued' && !this.#hasToldQueue) {
      this.#hasToldQueue = true;
      yield { type: 'note', message: `The web UI is busy with something else${text ? ` (${text})` : ''}: this waits.` };
    }
    if (state === 'queued' && this.#wanted && !this.#hasToldStop) {
      this.#hasToldStop = true;
      yield { type: 'note', message: 'The web UI is told to stop this as soon as it begins.' };
    }
    await this.#sendStop();
    if (!preview) return;
    // A preview that cannot be read is one step less; the image comes all the same.
    const picture = await decodeBase64(preview.base64).catch(() => undefined);
    if (!picture) return;
    this.#pace.saw(this.#settings.places.passed, performance.now());
    yield { type: 'step', picture, pass: preview.pass, step: preview.step };
  }

  async #sendStop(): Promise<void> {
    if (!this.#wanted || this.#isStopped || !this.#isActive) return;
    // What fails now is tried again with the next question.
    const sent = this.#connection.post(`/sdapi/v1/${this.#wanted}`, {}, z.unknown());
    this.#isStopped = await sent.then(
      () => true,
      () => false,
    );
  }

  /** Whoever listened does so no more: the web UI need not go on either. */
  async #abandon(): Promise<void> {
    this.stop('interrupt');
    await this.#sendStop();
    this.#givingUp.abort();
  }

  async #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#waking;
    if (!signal.aborted) await delay(Math.max(milliseconds, 0), undefined, { signal }).catch(() => {});
    this.#waking = new AbortController();
  }
}
