import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { FinishReason } from '../host.js';
import type { RunEnd, RunEvent, Stop } from '../remote/image-run.js';
import { farewell, Questions } from '../remote/reconnecting.js';
import type { InvokeaiConnection } from './connection.js';
import { type Graph, imageNode, samplingNode } from './graph.js';
import type { InvokeaiSocket, SocketMessage } from './socket.js';
import type { StepCount } from './step-count.js';

export type RunSettings = {
  readonly connection: InvokeaiConnection;
  readonly socket: InvokeaiSocket;
  readonly graph: Graph;
  readonly count: StepCount;
  /** ends a wait for answers */
  readonly signal: AbortSignal | undefined;
};

const queue = 'api/v1/queue/default';
const enqueued = z.object({ item_ids: z.array(z.number()) });
const queueSchema = z.object({
  queue: z.object({ pending: z.number(), in_progress: z.number() }),
  processor: z.object({ is_started: z.boolean() }),
});
const itemSchema = z.object({
  status: z.string(),
  error_type: z.string().nullish(),
  error_message: z.string().nullish(),
  session: z.object({
    results: z.record(z.string(), z.looseObject({ image: z.looseObject({ image_name: z.string() }).nullish() })),
    source_prepared_mapping: z.record(z.string(), z.array(z.string())),
  }),
});
type Item = z.output<typeof itemSchema>;

/** One image, from the queue to its file. */
export class InvokeaiRun {
  readonly #settings: RunSettings;
  #id = 0;
  /** whether InvokeAI was told to end it */
  #isStopping = false;
  #isOver = false;
  readonly #questions: Questions<'item' | 'file'>;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#questions = new Questions(settings.socket, settings.signal);
  }

  /** @throws StepsAnimationError `usage` for what InvokeAI refuses, `network` when it fails or goes away */
  async *events(stop: Stop): AsyncGenerator<RunEvent, RunEnd, void> {
    this.#id = await this.#enqueue();
    try {
      yield* this.#queueNotes();
      return yield* this.#untilEnd(stop);
    } catch (error) {
      // An InvokeAI that is away can neither be told to stop nor say how the run ended.
      const reason = stop();
      if (reason) return { reason };
      throw error;
    } finally {
      // Whoever listened does so no more: InvokeAI need not go on either.
      if (!this.#isOver && !this.#isStopping) await this.#cancel().catch(() => {});
    }
  }

  async *#untilEnd(stop: Stop): AsyncGenerator<RunEvent, RunEnd, void> {
    const { socket } = this.#settings;
    for (;;) {
      const message = await socket.next();
      const reason = stop();
      if (reason && !this.#isStopping) await this.#cancel();
      const event = this.#stepOf(message);
      if (event) yield event;
      if (!reason && (this.#isAtWork(message) || socket.isAway)) continue;
      const end = await this.#ended(reason);
      if (!end) continue;
      if (!reason) yield* this.#rest(end);
      return end;
    }
  }

  /** What else is told of a run that ended by itself: steps may have come while InvokeAI was asked. */
  *#rest({ reason }: RunEnd): Generator<RunEvent, void, void> {
    for (const message of this.#settings.socket.rest()) {
      const event = this.#stepOf(message);
      if (event) yield event;
    }
    const message = 'InvokeAI has cancelled this: somebody did so there, or it was restarted.';
    if (reason === 'interrupted') yield { type: 'note', message };
  }

  async #enqueue(): Promise<number> {
    const { connection, graph } = this.#settings;
    const body = { batch: { graph, runs: 1, origin: 'steps-animation' }, prepend: false };
    const [id] = (await connection.post(`${queue}/enqueue_batch`, body, enqueued)).item_ids;
    if (id !== undefined) return id;
    throw new StepsAnimationError('network', "InvokeAI's queue is full: clear it there, and try again.");
  }

  async #cancel(): Promise<void> {
    this.#isStopping = true;
    this.#questions.insist();
    const path = `${queue}/i/${this.#id}/cancel`;
    await this.#settings.connection.put(path, z.unknown(), AbortSignal.timeout(farewell));
  }

  #stepOf(message: SocketMessage): RunEvent | undefined {
    if (message.type === 'reconnected') this.#settings.count.miss();
    if (message.type !== 'progress' || message.item_id !== this.#id || message.invocation_source_id !== samplingNode) {
      return undefined;
    }
    const { image, percentage } = message;
    // A model that is loaded for the node is told of as well.
    if (!image || typeof percentage !== 'number') return undefined;
    const step = this.#settings.count.count(percentage);
    if (step === undefined) return undefined;
    return { type: 'step', pass: 0, step, file: Buffer.from(image.dataURL.replace(/^[^,]*,/u, ''), 'base64') };
  }

  #isAtWork(message: SocketMessage): boolean {
    if (message.type !== 'status') return message.type === 'progress';
    return message.item_id !== this.#id || !['completed', 'failed', 'canceled'].includes(message.status);
  }

  /** Asks InvokeAI itself: messages may have been lost. Undefined while the run goes on. */
  async #ended(stopped: FinishReason | undefined): Promise<RunEnd | undefined> {
    const { connection } = this.#settings;
    const item = await this.#item();
    if (!item) return undefined;
    this.#isOver = ['canceled', 'failed', 'completed'].includes(item.status);
    if (!this.#isOver) return undefined;
    if (item.status === 'canceled') return { reason: stopped ?? 'interrupted' };
    if (item.status === 'failed') throw failure(item);
    const [prepared = ''] = item.session.source_prepared_mapping[imageNode] ?? [];
    const name = item.session.results[prepared]?.image?.image_name;
    if (name === undefined) throw new StepsAnimationError('network', 'InvokeAI ended without an image. Try again.');
    const path = `api/v1/images/i/${encodeURIComponent(name)}/full`;
    const file = await this.#questions.ask('file', () => connection.bytes(path));
    return file && { reason: 'finished', file };
  }

  async #item(): Promise<Item | undefined> {
    const { connection } = this.#settings;
    try {
      return await this.#questions.ask('item', (signal) =>
        connection.get(`${queue}/i/${this.#id}`, itemSchema, signal),
      );
    } catch (error) {
      if (!(error instanceof StepsAnimationError) || error.code !== 'usage') throw error;
      const message = `InvokeAI at ${connection.place} no longer knows the run: it was restarted, or its queue was cleared. Try again.`;
      throw new StepsAnimationError('network', message);
    }
  }

  async *#queueNotes(): AsyncGenerator<RunEvent, void, void> {
    const { connection } = this.#settings;
    const { queue: items, processor } = await connection.get(`${queue}/status`, queueSchema, this.#settings.signal);
    if (!processor.is_started) {
      yield { type: 'note', message: "InvokeAI's queue is paused: resume it there, and this begins." };
    } else if (items.pending + items.in_progress > 1) {
      yield { type: 'note', message: 'InvokeAI is busy with something else: this waits.' };
    }
  }
}

function failure({ error_type: type, error_message: reason }: Item): StepsAnimationError {
  const said = [type, reason].filter(Boolean).join(': ') || 'no reason given';
  return new StepsAnimationError('network', `InvokeAI failed: ${said} (its own window tells more)`);
}
