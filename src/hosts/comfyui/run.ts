import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { FinishReason } from '../host.js';
import type { RunEnd, RunEvent, Stop } from '../remote/image-run.js';
import { farewell, Questions } from '../remote/reconnecting.js';
import type { ComfyuiConnection } from './connection.js';
import type { ComfyuiSocket, SocketMessage } from './socket.js';
import { StepPlaces } from './step-places.js';
import { type ComfyuiWorkflow, samplingNodes } from './workflow.js';

export type RunSettings = {
  readonly connection: ComfyuiConnection;
  readonly socket: ComfyuiSocket;
  readonly client: string;
  readonly workflow: ComfyuiWorkflow;
  /** asks ComfyUI for previews of a kind */
  readonly previewMethod: string;
  /** ends a wait for answers */
  readonly signal: AbortSignal | undefined;
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
const place = z.tuple([z.number(), z.string()]).rest(z.unknown());
type Place = z.output<typeof place>;
const queueSchema = z.object({ queue_running: z.array(place), queue_pending: z.array(place) });

/** One image of one workflow, from the queue to its file. */
export class ComfyuiRun {
  readonly #settings: RunSettings;
  readonly #places: StepPlaces;
  #id = '';
  /** what SaveImageWebsocket sent, which keeps no file */
  #sent: Buffer | undefined;
  #position = 0;
  /** whether ComfyUI was told to end it */
  #isStopping = false;
  #isOver = false;
  readonly #questions: Questions<'queue' | 'history' | 'file'>;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#places = new StepPlaces(samplingNodes(settings.workflow));
    this.#questions = new Questions(settings.socket, settings.signal);
  }

  /** @throws StepsAnimationError `usage` for a workflow that ComfyUI refuses, `network` when it fails or goes away */
  async *events(stop: Stop): AsyncGenerator<RunEvent, RunEnd, void> {
    const { connection, client, workflow: prompt, previewMethod } = this.#settings;
    const extra = { preview_method: previewMethod };
    const body = { prompt, client_id: client, extra_data: extra };
    this.#id = (await connection.post('prompt', body, submitted)).prompt_id;
    try {
      return yield* this.#untilEnd(stop);
    } catch (error) {
      // A ComfyUI that is away can neither be told to stop nor say how the run ended.
      const reason = stop();
      if (reason) return { reason };
      throw error;
    } finally {
      // Whoever listened does so no more: ComfyUI need not go on either.
      if (!this.#isOver && !this.#isStopping) await this.#leave().catch(() => {});
    }
  }

  async *#untilEnd(stop: Stop): AsyncGenerator<RunEvent, RunEnd, void> {
    for (;;) {
      const message = await this.#settings.socket.next();
      const reason = stop();
      if (reason && !this.#isStopping && (await this.#leave())) return { reason };
      const event = this.#stepOf(message);
      if (event) yield event;
      if (this.#isAtWork(message)) continue;
      const end = yield* this.#ended(reason);
      if (end) return end;
      yield* this.#queueNotes(message);
    }
  }

  /** Ends the run; whether it had not begun, so that nothing more will be told. */
  async #leave(): Promise<boolean> {
    this.#isStopping = true;
    this.#questions.insist();
    const { connection } = this.#settings;
    const soon = AbortSignal.timeout(farewell);
    const isIn = (place: readonly Place[]) => place.some(([, id]) => id === this.#id);
    const before = await connection.get('queue', queueSchema, soon);
    const isWaiting = isIn(before.queue_pending);
    if (isWaiting) await connection.post('queue', { delete: [this.#id] }, z.unknown(), soon);
    // It may have begun in between.
    const now = isWaiting ? await connection.get('queue', queueSchema, soon) : before;
    const isRunning = isIn(now.queue_running);
    // Old ones would interrupt whatever runs, so it has to be ours.
    if (isRunning) await connection.post('interrupt', { prompt_id: this.#id }, z.unknown(), soon);
    return isWaiting && !isRunning;
  }

  #stepOf(message: SocketMessage): RunEvent | undefined {
    if (message.type === 'event' && this.#isOurs(message.data)) this.#places.learn(message);
    if (message.type !== 'frame' || message.frame.type !== 'picture') return undefined;
    const { frame } = message;
    if (frame.prompt !== undefined && frame.prompt !== this.#id) return undefined;
    const node = this.#settings.workflow[frame.node ?? this.#places.current ?? ''];
    if (node?.class_type === 'SaveImageWebsocket') this.#sent ??= frame.bytes;
    const at = this.#places.place(frame);
    return at && { type: 'step', ...at, file: frame.bytes };
  }

  #isOurs({ prompt_id: id }: Readonly<Record<string, unknown>>): boolean {
    return id === undefined || id === this.#id;
  }

  /** Whether a message says no more than that the run goes on. */
  #isAtWork(message: SocketMessage): boolean {
    if (message.type === 'frame') return true;
    if (message.type !== 'event') return false;
    const isLast = message.name === 'executing' && message.data.node === null;
    const tells = ['execution_success', 'execution_error', 'execution_interrupted', 'status'];
    return !isLast && !(tells.includes(message.name) && this.#isOurs(message.data));
  }

  /** Asks ComfyUI itself: messages may have been lost. Undefined while the run goes on. */
  async *#ended(stopped: FinishReason | undefined): AsyncGenerator<RunEvent, RunEnd | undefined, void> {
    const { connection } = this.#settings;
    const history = await this.#questions.ask('history', (signal) => this.#history(signal));
    if (!history) return undefined;
    this.#isOver = true;
    const [name, facts] = history.status?.messages.findLast(([each]) => /error|interrupted/u.test(each)) ?? [];
    if (name === 'execution_interrupted') return { reason: stopped ?? 'interrupted' };
    if (name === 'execution_error') throw failure(facts);
    const outputs = Object.values(history.outputs).map(({ images = [] }) => images);
    const chosen = outputs.find((images) => images.some(({ type }) => type === 'output')) ?? outputs.find(isNotEmpty);
    const [first] = chosen ?? [];
    const image = first
      ? await this.#questions.ask('file', () => connection.bytes(`view?${new URLSearchParams(first)}`))
      : this.#sent;
    if (image) {
      if (chosen && chosen.length > 1) yield { type: 'note', message: firstOf(chosen.length) };
      return { reason: 'finished', file: image };
    }
    if (first) return undefined;
    const remedy = 'let it end in a node SaveImage, PreviewImage or SaveImageWebsocket';
    throw new StepsAnimationError('usage', `The workflow gave no image: ${remedy}.`);
  }

  async #history(signal: AbortSignal | undefined) {
    return (await this.#settings.connection.get(`history/${this.#id}`, historySchema, signal))[this.#id];
  }

  /** Where the run is in the queue, told when that changes; and whether ComfyUI still has it. */
  async *#queueNotes({ type }: SocketMessage): AsyncGenerator<RunEvent, void, void> {
    const { connection } = this.#settings;
    const queue = await this.#questions.ask('queue', (signal) => connection.get('queue', queueSchema, signal));
    if (!queue) return;
    const { queue_running: running, queue_pending: waiting } = queue;
    const ahead = waiting.toSorted(([a], [b]) => a - b).findIndex(([, id]) => id === this.#id) + 1;
    if (ahead > 0 && ahead !== this.#position) {
      this.#position = ahead;
      yield { type: 'note', message: `Waits in ComfyUI's queue at place ${ahead}.` };
    }
    const isKnown = ahead > 0 || running.some(([, id]) => id === this.#id);
    if (isKnown || type === 'event') return;
    const isEnded = await this.#questions.ask('history', async (signal) => (await this.#history(signal)) !== undefined);
    if (isEnded !== false) return;
    const message = `ComfyUI at ${connection.place} no longer knows the run: it was restarted, or its queue was cleared. Try again.`;
    throw new StepsAnimationError('network', message);
  }
}

function isNotEmpty(images: readonly unknown[]): boolean {
  return images.length > 0;
}

function firstOf(count: number): string {
  return `The workflow made ${count} images at once: the movie is that of the first.`;
}

function failure(facts: Readonly<Record<string, unknown>> = {}): StepsAnimationError {
  const { node_type: node = 'a node', exception_message: reason = 'no reason given' } = facts;
  const message = `ComfyUI failed in ${node}: ${String(reason).trim()} (its own window tells more)`;
  return new StepsAnimationError('network', message);
}
