import type { HttpClient, RequestOptions } from '../remote/http-client.js';
import { cancelTimeoutMs } from '../remote/limits.js';
import { stateAnswer, taskAnswer, type WorkState } from './answers.js';
import type { Place, StepPlaces } from './step-places.js';

/** The progress of a task; `unknown` before it has been queued and after it has ended. */
export type TaskProgress = {
  readonly state: 'unknown' | 'queued' | 'active';
  /** such as `In queue: 1/2` */
  readonly text?: string | undefined;
  /** one that has not been returned before */
  readonly preview?: LivePreview | undefined;
};

/** A live preview as a picture file in base64, with the place of the step that it shows. */
type LivePreview = Place & { readonly base64: string };

export type ProgressSettings = {
  readonly client: HttpClient;
  /** as in `force_task_id` */
  readonly task: string;
  /** the state before the task was sent */
  readonly before: WorkState;
  readonly places: StepPlaces;
  /** when it aborts, a question is left, and the next ones get less time */
  readonly stopping: AbortSignal;
};

/** A late answer costs a step, not the run. */
const timeoutMs = 10_000;

/**
 * Asks a web UI for the progress of one task. `/internal/progress` is about the task itself and has new previews only.
 * Where it is missing (`--nowebui`) or does not know the task (in old web UIs), `/sdapi/v1/progress` is asked for what
 * is at work, which is taken for the task as soon as it is not what was at work before.
 */
export class Progress {
  readonly #settings: ProgressSettings;
  #hasTasks = true;
  #wasKnown = false;
  #newest: { readonly id: number; readonly base64: string } = { id: -1, base64: '' };

  constructor(settings: ProgressSettings) {
    this.#settings = settings;
  }

  /** @throws StepsAnimationError `network` or `usage`; the next try may succeed */
  async poll(): Promise<TaskProgress> {
    const { client, places } = this.#settings;
    // Before the preview: after it, the web UI may be a step further.
    if (places.isAdaptive && this.#hasTasks) places.update(await readState(client, this.#options));
    const answer = this.#hasTasks ? await this.#askTask() : undefined;
    if (!answer) return await this.#askState();
    const { active, queued, textinfo: text, live_preview: base64, id_live_preview: id, progress } = answer;
    if (!active) return { state: queued ? 'queued' : 'unknown', text: text ?? undefined };
    if (!base64 || base64 === this.#newest.base64) return { state: 'active' };
    if (!places.isAdaptive && !places.knows(progress ?? 0)) places.update(await readState(client, this.#options));
    // Only now: a request that fails must not cost the preview.
    this.#newest = { id: id ?? -1, base64 };
    return { state: 'active', preview: withPlace(base64, places.take(progress ?? 0)) };
  }

  get #options(): RequestOptions {
    const { stopping } = this.#settings;
    return stopping.aborted ? { timeoutMs: cancelTimeoutMs } : { timeoutMs, signal: stopping };
  }

  /** Undefined if the web UI does not know the task. */
  async #askTask() {
    const { client, task } = this.#settings;
    const body = { id_task: task, id_live_preview: this.#newest.id, live_preview: true };
    const answer = await client.postOptional('internal/progress', body, taskAnswer, this.#options);
    this.#hasTasks = answer !== undefined;
    this.#wasKnown ||= answer !== undefined && (answer.active || answer.queued || answer.completed);
    return this.#wasKnown ? answer : undefined;
  }

  async #askState(): Promise<TaskProgress> {
    const { client, before, places } = this.#settings;
    const { state, current_image: base64 } = await client.get('sdapi/v1/progress', stateAnswer, this.#options);
    const isOther = before.job !== '' && state.job_timestamp === before.job_timestamp;
    if (state.job === '' || isOther) return { state: isOther ? 'queued' : 'unknown' };
    if (!base64 || base64 === this.#newest.base64) return { state: 'active' };
    this.#newest = { id: -1, base64 };
    places.update(state);
    return { state: 'active', preview: withPlace(base64, places.takeCurrent()) };
  }
}

function withPlace(base64: string, place: Place | undefined): LivePreview | undefined {
  return place && { ...place, base64 };
}

/** The state of what the web UI is generating, for this client or another. */
export async function readState(client: HttpClient, options: RequestOptions): Promise<WorkState> {
  const path = 'sdapi/v1/progress?skip_current_image=true';
  return (await client.get(path, stateAnswer, { timeoutMs, ...options })).state;
}
