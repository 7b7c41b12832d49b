import { randomUUID } from 'node:crypto';
import { StepsAnimationError } from '../../errors.js';
import type { Picture } from '../../pictures/picture.js';
import type { FinishReason } from '../host.js';
import type { PlannedImage } from '../plan-images.js';
import { type RunEnd, type RunEvent, stopReason } from '../remote/generate-images.js';
import type { HttpClient } from '../remote/http-client.js';
import { encodeToSend, fromBase64 } from '../remote/pictures.js';
import type { ImagesAnswer, WorkState } from './answers.js';
import { payloadOf, type StartImages } from './payload.js';
import type { WebuiPlan } from './plan.js';
import { readState } from './progress.js';
import { StepPlaces } from './step-places.js';
import { Task } from './task.js';

/** How many of an image's steps a web UI cannot show: the first, and the last if its image comes at once. */
const alwaysMissed = 2;

/** The images of one request, each as a request of its own to the web UI. */
export class WebuiRun {
  readonly #client: HttpClient;
  readonly #plan: WebuiPlan;
  readonly #silenceTimeoutMs: number;
  readonly #startImages: StartImages | undefined;
  #isAway = false;
  /** steps of the images that ended: shown, all, and the minimum to be expected */
  readonly #counts = { seen: 0, all: 0, expected: 0 };

  private constructor(
    client: HttpClient,
    plan: WebuiPlan,
    silenceTimeoutMs: number,
    startImages: StartImages | undefined,
  ) {
    this.#client = client;
    this.#plan = plan;
    this.#silenceTimeoutMs = silenceTimeoutMs;
    this.#startImages = startImages;
  }

  /** Whether the web UI did not answer when it was stopped. */
  get isAway(): boolean {
    return this.#isAway;
  }

  static async prepare(client: HttpClient, plan: WebuiPlan, silenceTimeoutMs: number): Promise<WebuiRun> {
    const { start } = plan;
    const base64 = async (picture: Picture) => Buffer.from(await encodeToSend(picture)).toString('base64');
    const images = start && {
      picture: await base64(start.picture),
      mask: start.mask && (await base64(start.mask)),
    };
    return new WebuiRun(client, plan, silenceTimeoutMs, images);
  }

  /** @throws StepsAnimationError `usage` for what the web UI refuses, `network` when it fails or goes away */
  async *events(image: PlannedImage, stopping: AbortSignal): AsyncGenerator<RunEvent, RunEnd, void> {
    const places = new StepPlaces(this.#plan.passes, /adaptive/iu.test(this.#plan.options.sampler));
    const before = await readState(this.#client, { signal: stopping, retries: 2 });
    const name = `task(steps-animation-${randomUUID()})`;
    const answer = yield* new Task({
      ...{ client: this.#client, task: name, before, places, stopping, silenceTimeoutMs: this.#silenceTimeoutMs },
      payload: payloadOf(this.#plan, image, name, this.#startImages),
    }).events();
    if (!answer) {
      this.#isAway = true;
      this.#count(places, 'interrupted');
      return { reason: stopReason(stopping) ?? 'interrupted' };
    }
    const { images, info } = answer;
    const reason = await this.#reasonOf(info, stopping);
    this.#count(places, reason);
    // If it is stopped before the first step, a web UI sends an image of noise.
    if (places.seen === 0 && reason !== 'finished') return { reason };
    const [file] = images ?? [];
    if (file === undefined && reason === 'finished') {
      const message = `The web UI at ${this.#client.place} sent no image: see its own log.`;
      throw new StepsAnimationError('network', message);
    }
    return { reason, file: file === undefined ? undefined : fromBase64(file), infotext: info.infotexts[0] };
  }

  /** Why the image is as it is: somebody may have stopped it in the web UI itself. */
  async #reasonOf(info: ImagesAnswer['info'], stopping: AbortSignal): Promise<FinishReason> {
    const stopped = stopReason(stopping);
    if (stopped) return stopped;
    if (info.state === 'interrupted') return 'interrupted';
    const state: Partial<WorkState> = await readState(this.#client, { signal: stopping }).catch(() => ({}));
    if (info.job_timestamp === undefined || state.job_timestamp !== info.job_timestamp) return 'finished';
    if (state.interrupted) return 'interrupted';
    return state.skipped ? 'skipped' : 'finished';
  }

  #count(places: StepPlaces, reason: FinishReason): void {
    const all = reason === 'finished' ? places.all : places.passed;
    this.#counts.seen += places.seen;
    this.#counts.all += all;
    this.#counts.expected += Math.max(all - alwaysMissed, 0);
  }

  closingNotes(): readonly string[] {
    const { seen, all, expected } = this.#counts;
    if (all === 0) return [];
    const advice = seen < expected ? '; its extension sees each of them (docs/hosts.md)' : '';
    return [`The web UI showed ${seen} of ${all} steps${advice}.`];
  }
}
