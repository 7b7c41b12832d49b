import { stateAnswer, taskAnswer, type WorkState } from './answers.js';
import type { WebuiConnection } from './connection.js';
import type { Place, StepPlaces } from './step-places.js';

/** How a task is doing; `unknown` before it has been queued and when it has ended. */
export type TaskProgress = {
  readonly state: 'unknown' | 'queued' | 'active';
  /** such as `In queue: 1/2` */
  readonly text?: string | undefined;
  /** one that has not been told before */
  readonly preview?: LivePreview | undefined;
};

/** A live preview as a picture file in base64, with the place of the step that it shows. */
type LivePreview = Place & { readonly base64: string };

export type ProgressSettings = {
  readonly connection: WebuiConnection;
  /** as in `force_task_id` */
  readonly task: string;
  /** the state before the task was sent */
  readonly before: WorkState;
  readonly places: StepPlaces;
};

/** Milliseconds for an answer; a late one costs a step, not the run. */
const patience = 10_000;

/**
 * Asks a web UI how one task is doing. `/internal/progress` tells of the task itself, and only of new previews. Where
 * it is missing (`--nowebui`) or does not know the task (in old web UIs), what is at work is asked for, and taken for
 * the task as soon as it is not what was at work before.
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
  async ask(): Promise<TaskProgress> {
    const { connection, places } = this.#settings;
    // Before the preview: after it, the web UI may be a step further.
    if (places.isAdaptive && this.#hasTasks) places.learn(await readState(connection));
    const answer = this.#hasTasks ? await this.#askTask() : undefined;
    if (!answer) return await this.#askState();
    const { active, queued, textinfo: text, live_preview: base64, id_live_preview: id, progress } = answer;
    if (!active) return { state: queued ? 'queued' : 'unknown', text: text ?? undefined };
    if (!base64 || base64 === this.#newest.base64) return { state: 'active' };
    this.#newest = { id: id ?? -1, base64 };
    if (!places.isAdaptive && !places.knows(progress ?? 0)) places.learn(await readState(connection));
    return { state: 'active', preview: withPlace(base64, places.take(progress ?? 0)) };
  }

  /** Undefined where nothing is known of the task. */
  async #askTask() {
    const { connection, task } = this.#settings;
    const body = { id_task: task, id_live_preview: this.#newest.id, live_preview: true };
    const answer = await connection.postIfThere('/internal/progress', body, taskAnswer, { milliseconds: patience });
    this.#hasTasks = answer !== undefined;
    this.#wasKnown ||= answer !== undefined && (answer.active || answer.queued || answer.completed);
    return this.#wasKnown ? answer : undefined;
  }

  async #askState(): Promise<TaskProgress> {
    const { connection, before, places } = this.#settings;
    const { state, current_image: base64 } = await connection.get('/sdapi/v1/progress', stateAnswer, {
      milliseconds: patience,
    });
    const isOther = before.job !== '' && state.job_timestamp === before.job_timestamp;
    if (state.job === '' || isOther) return { state: isOther ? 'queued' : 'unknown' };
    if (!base64 || base64 === this.#newest.base64) return { state: 'active' };
    this.#newest = { id: -1, base64 };
    places.learn(state);
    return { state: 'active', preview: withPlace(base64, places.takeLearned()) };
  }
}

function withPlace(base64: string, place: Place | undefined): LivePreview | undefined {
  return place && { ...place, base64 };
}

/** What is at work, whoever asked for it. */
export async function readState(connection: WebuiConnection): Promise<WorkState> {
  const path = '/sdapi/v1/progress?skip_current_image=true';
  return (await connection.get(path, stateAnswer, { milliseconds: patience })).state;
}
