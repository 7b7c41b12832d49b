import { randomUUID } from 'node:crypto';
import { StepsAnimationError } from '../../errors.js';
import type { Picture } from '../../pictures/picture.js';
import type { FinishReason, GenerationEvent } from '../host.js';
import { fitStart } from '../remote/start-picture.js';
import type { ImagesAnswer, WorkState } from './answers.js';
import type { WebuiConnection } from './connection.js';
import { overrides, payloadOf, type StartImages } from './payload.js';
import { decodeBase64, encodeBase64, enlarge } from './pictures.js';
import type { PlannedImage, WebuiPlan } from './plan.js';
import { readState } from './progress.js';
import { restoreSettings, type Settings } from './settings.js';
import { StepPlaces } from './step-places.js';
import { Task, type TaskEvent } from './task.js';

type Stops = { readonly signal: AbortSignal | undefined; readonly skips: EventTarget | undefined };

/** How many of an image's steps a web UI cannot show: the first, and the last when its image comes at once. */
const alwaysMissed = 2;

/** One run: its images one after another, each a request of its own. */
export class WebuiRun {
  readonly #connection: WebuiConnection;
  readonly #settings: Settings;
  readonly #plan: WebuiPlan;
  readonly #stops: Stops;
  #startImages: StartImages | undefined;
  #startFrame: Picture | undefined;
  /** steps that were shown, and that there were, of the images that ended; and what to expect of them at least */
  readonly #counts = { seen: 0, all: 0, expected: 0 };
  #isSkipping = false;

  /** @param settings the web UI's own, to be given back */
  constructor(connection: WebuiConnection, settings: Settings, plan: WebuiPlan, stops: Stops) {
    this.#connection = connection;
    this.#settings = settings;
    this.#plan = plan;
    this.#stops = stops;
  }

  /** @throws StepsAnimationError after `end`, with the image at hand kept as its last step */
  async *events(): AsyncGenerator<GenerationEvent, void, void> {
    const { images, passes, notes } = this.#plan;
    await this.#prepareStart();
    const startPass = { kind: 'base', steps: 1, exact: true } as const;
    const all = this.#startFrame ? [startPass, ...passes] : passes;
    yield { type: 'start', images: images.map(({ info }) => info), passes: all };
    for (const message of notes) yield { type: 'note', message };
    let failure: unknown;
    try {
      yield* this.#images();
    } catch (error) {
      failure = error;
    } finally {
      // Best effort: a web UI that has gone away has lost them anyway.
      await restoreSettings(this.#connection, this.#settings, overrides(this.#plan)).catch(() => {});
    }
    yield* this.#closingNotes();
    yield { type: 'end' };
    if (failure !== undefined) throw failure;
  }

  async *#images(): AsyncGenerator<GenerationEvent, void, void> {
    let skipped = -1;
    for (const [index, image] of this.#plan.images.entries()) {
      if (this.#stops.signal?.aborted) return;
      if (image.info.batch === skipped) continue;
      const reason = yield* this.#image(image, index);
      if (reason === 'interrupted') return;
      if (reason === 'skipped') skipped = image.info.batch;
    }
  }

  async *#image(image: PlannedImage, index: number): AsyncGenerator<GenerationEvent, FinishReason, void> {
    const places = new StepPlaces(this.#plan.passes, /adaptive/i.test(this.#plan.options.sampler));
    const before = await readState(this.#connection);
    const name = `task(steps-animation-${randomUUID()})`;
    const payload = payloadOf(this.#plan, image, name, this.#startImages);
    const task = new Task(payload, { connection: this.#connection, task: name, before, places });
    let last: Picture | undefined;
    const ended = (picture: Picture, reason: FinishReason, infotext = image.info.infotext): GenerationEvent => ({
      ...{ type: 'image', image: index, picture, infotext, reason },
    });
    const enlarged = async () => last && (await enlarge(last, image.info));
    try {
      const answer = yield* this.#steps(task, index, (picture) => {
        last = picture;
      });
      const reason = await this.#reason(answer.info);
      this.#count(places, reason);
      // Stopped before the first step, a web UI sends an image of noise.
      if (places.seen === 0 && reason !== 'finished') return reason;
      const picture = (await this.#pictureOf(answer, reason)) ?? (await enlarged());
      if (picture) yield ended(picture, reason, answer.info.infotexts[0]);
      return reason;
    } catch (error) {
      const picture = await enlarged();
      if (picture) yield ended(picture, 'interrupted');
      throw error;
    }
  }

  async *#steps(
    task: Task,
    image: number,
    keep: (picture: Picture) => void,
  ): AsyncGenerator<GenerationEvent, ImagesAnswer, void> {
    const { signal, skips } = this.#stops;
    this.#isSkipping = false;
    const interrupt = () => task.stop('interrupt');
    const skip = () => {
      this.#isSkipping = true;
      task.stop('skip');
    };
    signal?.addEventListener('abort', interrupt);
    skips?.addEventListener('skip', skip);
    if (signal?.aborted) interrupt();
    const startFrame = this.#startFrame;
    if (startFrame) yield { type: 'step', image, pass: 0, step: 1, picture: async () => startFrame };
    const events = task.run();
    try {
      let next = await events.next();
      for (; !next.done; next = await events.next()) {
        if (next.value.type === 'step') keep(next.value.picture);
        yield this.#eventOf(next.value, image);
      }
      return next.value;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      skips?.removeEventListener('skip', skip);
      // Where whoever listens has gone, the web UI is told to stop.
      await events.return({ images: [], info: { infotexts: [] } });
    }
  }

  #eventOf(event: TaskEvent, image: number): GenerationEvent {
    if (event.type === 'note') return event;
    const { picture, step } = event;
    const pass = this.#startFrame ? event.pass + 1 : event.pass;
    return { type: 'step', image, pass, step, picture: async () => picture, preview: () => picture };
  }

  /** Undefined where a web UI that was stopped has none. */
  async #pictureOf({ images }: ImagesAnswer, reason: FinishReason): Promise<Picture | undefined> {
    const [first] = images ?? [];
    if (first === undefined && reason !== 'finished') return undefined;
    try {
      return await decodeBase64(first ?? '');
    } catch (cause) {
      const message = `The web UI at ${this.#connection.place} sent no image that can be read: its own window may tell why.`;
      throw new StepsAnimationError('network', message, { cause });
    }
  }

  /** Why the image is as it is: somebody may have stopped it in the web UI itself. */
  async #reason(info: ImagesAnswer['info']): Promise<FinishReason> {
    if (this.#stops.signal?.aborted) return 'interrupted';
    if (this.#isSkipping) return 'skipped';
    if (info.state === 'interrupted') return 'interrupted';
    const state: Partial<WorkState> = await readState(this.#connection).catch(() => ({}));
    if (info.job_timestamp === undefined || state.job_timestamp !== info.job_timestamp) return 'finished';
    if (state.interrupted) return 'interrupted';
    return state.skipped ? 'skipped' : 'finished';
  }

  async #prepareStart(): Promise<void> {
    const { start, options } = this.#plan;
    if (!start) return;
    const { picture, mask } = start;
    this.#startImages = { picture: await encodeBase64(picture), mask: mask && (await encodeBase64(mask)) };
    if (!start.startFrame) return;
    const { width = picture.width, height = picture.height } = this.#plan.images[0]?.info ?? {};
    const fitted = await fitStart(picture, undefined, { width, height }, { ...start, ...options });
    this.#startFrame = fitted.picture;
  }

  #count(places: StepPlaces, reason: FinishReason): void {
    const all = reason === 'finished' ? places.all : places.passed;
    this.#counts.seen += places.seen;
    this.#counts.all += all;
    this.#counts.expected += Math.max(all - alwaysMissed, 0);
  }

  *#closingNotes(): Generator<GenerationEvent, void, void> {
    const { seen, all, expected } = this.#counts;
    if (all === 0) return;
    const advice = seen < expected ? '; its extension sees each of them (docs/hosts.md)' : '';
    yield { type: 'note', message: `The web UI showed ${seen} of ${all} steps${advice}.` };
  }
}
