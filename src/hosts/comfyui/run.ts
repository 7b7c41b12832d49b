import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { FinishReason } from '../host.js';
import { type RunEnd, type RunEvent, stopReason } from '../remote/generate-images.js';
import type { HttpClient, RequestOptions } from '../remote/http-client.js';
import { abortedLater, cancelTimeoutMs } from '../remote/limits.js';
import { followRun, ReconnectingRequests } from '../remote/reconnecting.js';
import type { ComfyuiSocket, SocketMessage } from './socket.js';
import { StepPlaces } from './step-places.js';
import { type ComfyuiWorkflow, samplingNodes } from './workflow.js';

type RunSettings = {
  readonly client: HttpClient;
  readonly socket: ComfyuiSocket;
  readonly clientId: string;
  readonly workflow: ComfyuiWorkflow;
  /** the kind of previews that ComfyUI is asked for */
  readonly previewMethod: string;
  /** ends the run early */
  readonly stopping: AbortSignal;
};

const submitted = z.object({ prompt_id: z.string() });
const file = z.object({ filename: z.string(), subfolder: z.string().default(''), type: z.string().default('output') });
const output = z.looseObject({ images: z.array(file).optional().catch(undefined) });
const historySchema = z.record(
  z.string(),
  z.looseObject({
    outputs: z.record(z.string(), output).default({}),
    status: z
      .looseObject({
        status_str: z.string(),
        messages: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])),
      })
      .nullish(),
  }),
);
const queueEntry = z.tuple([z.number(), z.string()]).rest(z.unknown());
type QueueEntry = z.output<typeof queueEntry>;
const queueSchema = z.object({ queue_running: z.array(queueEntry), queue_pending: z.array(queueEntry) });

/** Events of a run that is at work. */
const workEvents = ['execution_start', 'executing', 'progress', 'progress_state'];

/** One image of one workflow, from the queue to its file. */
export class ComfyuiRun {
  readonly #settings: RunSettings;
  readonly #places: StepPlaces;
  readonly #requests: ReconnectingRequests<'queue' | 'history' | 'file'>;
  #id = '';
  /** what SaveImageWebsocket sent, which keeps no file */
  #sent: Buffer | undefined;
  #position = 0;
  /** whether ComfyUI has reported it to be at work */
  #hasBegun = false;
  /** whether ComfyUI was asked to end it */
  #isCancelled = false;
  #isOver = false;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#places = new StepPlaces(samplingNodes(settings.workflow));
    this.#requests = new ReconnectingRequests(settings.socket, settings.stopping);
  }

  /** @throws StepsAnimationError `usage` for a workflow that ComfyUI refuses, `network` when it fails or goes away */
  async *events(): AsyncGenerator<RunEvent, RunEnd, void> {
    const { client, socket, stopping, clientId, workflow: prompt, previewMethod } = this.#settings;
    const body = { prompt, client_id: clientId, extra_data: { preview_method: previewMethod } };
    const signal = abortedLater(stopping, cancelTimeoutMs);
    this.#id = (await client.post('prompt', body, submitted, { signal })).prompt_id;
    return yield* followRun({ socket, stopping, events: this.#untilEnd(), leave: () => this.#leave() });
  }

  async #leave(): Promise<void> {
    if (!this.#isOver && !this.#isCancelled) await this.#cancel();
  }

  async *#untilEnd(): AsyncGenerator<RunEvent, RunEnd, void> {
    for (;;) {
      const message = await this.#settings.socket.next(this.#requests.silenceTimeoutMs);
      const reason = stopReason(this.#settings.stopping);
      if (reason && !this.#isCancelled && (await this.#cancel())) return { reason };
      if (reason && this.#requests.isOverdue) return { reason };
      const event = this.#stepOf(message);
      if (event) yield event;
      if (this.#isAtWork(message)) continue;
      const end = yield* this.#ended(reason);
      if (end) return end;
      yield* this.#queueNotes(message);
    }
  }

  /** Ends the run; true if it had not begun, so that no message about it will follow. */
  async #cancel(): Promise<boolean> {
    this.#isCancelled = true;
    this.#requests.close();
    const { client } = this.#settings;
    const options = { timeoutMs: cancelTimeoutMs };
    const interrupt = () => client.post('interrupt', { prompt_id: this.#id }, z.unknown(), options);
    // Without a question first, which a ComfyUI that hangs would not answer.
    if (this.#hasBegun) {
      await interrupt();
      return false;
    }
    const isIn = (entries: readonly QueueEntry[]) => entries.some(([, id]) => id === this.#id);
    const before = await client.get('queue', queueSchema, options);
    const isWaiting = isIn(before.queue_pending);
    if (isWaiting) await client.post('queue', { delete: [this.#id] }, z.unknown(), options);
    // It may have begun in between.
    const now = isWaiting ? await client.get('queue', queueSchema, options) : before;
    const isRunning = isIn(now.queue_running);
    // Old versions interrupt whatever runs, so it has to be ours.
    if (isRunning) await interrupt();
    return isWaiting && !isRunning;
  }

  #stepOf(message: SocketMessage): RunEvent | undefined {
    if (message.type === 'event' && this.#isOurs(message.data)) this.#places.update(message);
    if (message.type === 'event' && workEvents.includes(message.name) && message.data.prompt_id === this.#id) {
      this.#hasBegun = true;
    }
    if (message.type !== 'preview') return undefined;
    if (message.prompt !== undefined && message.prompt !== this.#id) return undefined;
    this.#hasBegun ||= message.prompt !== undefined;
    const node = this.#settings.workflow[message.node ?? this.#places.currentNode ?? ''];
    if (node?.class_type === 'SaveImageWebsocket') this.#sent ??= message.file;
    const place = this.#places.take(message);
    return place && { type: 'step', ...place, picture: message.file };
  }

  #isOurs({ prompt_id: id }: Readonly<Record<string, unknown>>): boolean {
    return id === undefined || id === this.#id;
  }

  /** Whether a message says no more than that the run goes on. */
  #isAtWork(message: SocketMessage): boolean {
    if (message.type === 'preview') return true;
    if (message.type !== 'event') return false;
    const isLast = message.name === 'executing' && message.data.node === null;
    const changes = ['execution_success', 'execution_error', 'execution_interrupted', 'status'];
    return !isLast && !(changes.includes(message.name) && this.#isOurs(message.data));
  }

  /** Asks ComfyUI how the run ended, as messages may have been lost; undefined while it goes on. */
  async *#ended(stopped: FinishReason | undefined): AsyncGenerator<RunEvent, RunEnd | undefined, void> {
    const { client } = this.#settings;
    const history = await this.#requests.send('history', (options) => this.#history(options));
    if (!history) return undefined;
    this.#isOver = true;
    const [name, details] = history.status?.messages.findLast(([each]) => /error|interrupted/u.test(each)) ?? [];
    if (name === 'execution_interrupted') return { reason: stopped ?? 'interrupted' };
    if (name === 'execution_error') throw failure(details);
    const outputs = Object.values(history.outputs).map(({ images = [] }) => images);
    const chosen =
      outputs.find((images) => images.some(({ type }) => type === 'output')) ??
      outputs.find((images) => images.length > 0);
    const [first] = chosen ?? [];
    const { fileOptions } = this.#requests;
    const image = first
      ? await this.#requests.send('file', () => client.bytes(`view?${new URLSearchParams(first)}`, fileOptions))
      : this.#sent;
    if (image) {
      if (chosen && chosen.length > 1) yield { type: 'note', message: severalImagesNote(chosen.length) };
      return { reason: 'finished', file: image };
    }
    if (first) return undefined;
    const remedy = 'let it end in a node SaveImage, PreviewImage or SaveImageWebsocket';
    throw new StepsAnimationError('usage', `The workflow gave no image: ${remedy}.`);
  }

  async #history(options: RequestOptions) {
    return (await this.#settings.client.get(`history/${this.#id}`, historySchema, options))[this.#id];
  }

  /** The place of the run in the queue when that changes; fails if ComfyUI no longer knows the run. */
  async *#queueNotes({ type }: SocketMessage): AsyncGenerator<RunEvent, void, void> {
    const { client } = this.#settings;
    const queue = await this.#requests.send('queue', (options) => client.get('queue', queueSchema, options));
    if (!queue) return;
    const { queue_running: running, queue_pending: waiting } = queue;
    const position = waiting.toSorted(([a], [b]) => a - b).findIndex(([, id]) => id === this.#id) + 1;
    if (position > 0 && position !== this.#position) {
      this.#position = position;
      yield { type: 'note', message: `Waits in ComfyUI's queue at place ${position}.` };
    }
    const isKnown = position > 0 || running.some(([, id]) => id === this.#id);
    if (isKnown || type === 'event') return;
    const isEnded = await this.#requests.send('history', async (options) => !!(await this.#history(options)));
    if (isEnded !== false) return;
    throw client.lostRun();
  }
}

function severalImagesNote(count: number): string {
  return `The workflow made ${count} images at once: the movie is that of the first.`;
}

function failure(details: Readonly<Record<string, unknown>> = {}): StepsAnimationError {
  const { node_type: node = 'a node', exception_message: reason = 'no reason given' } = details;
  const message = `ComfyUI failed in ${node}: ${String(reason).trim()} (see its own log)`;
  return new StepsAnimationError('network', message);
}
