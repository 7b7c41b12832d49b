import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { FinishReason } from '../host.js';
import { type RunEnd, type RunEvent, stopReason } from '../remote/generate-images.js';
import type { HttpClient } from '../remote/http-client.js';
import { abortedLater, cancelTimeoutMs } from '../remote/limits.js';
import { fromBase64 } from '../remote/pictures.js';
import { followRun, ReconnectingRequests } from '../remote/reconnecting.js';
import { type Graph, imageNode, samplingNode } from './graph.js';
import type { InvokeaiSocket, SocketMessage } from './socket.js';

type RunSettings = {
  readonly client: HttpClient;
  readonly socket: InvokeaiSocket;
  readonly graph: Graph;
  /** planned */
  readonly steps: number;
  readonly isSecondOrder: boolean;
  /** ends the run early */
  readonly stopping: AbortSignal;
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
const endStates = ['canceled', 'failed', 'completed'];

/** One image, from the queue to its file. */
export class InvokeaiRun {
  readonly #settings: RunSettings;
  readonly #count: StepCount;
  readonly #requests: ReconnectingRequests<'item' | 'file'>;
  #id = 0;
  /** whether InvokeAI was asked to end it */
  #isCancelled = false;
  #isOver = false;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#count = new StepCount(settings.steps, settings.isSecondOrder);
    this.#requests = new ReconnectingRequests(settings.socket, settings.stopping);
  }

  /** @throws StepsAnimationError `usage` for what InvokeAI refuses, `network` when it fails or goes away */
  async *events(): AsyncGenerator<RunEvent, RunEnd, void> {
    const { socket, stopping } = this.#settings;
    this.#id = await this.#enqueue();
    return yield* followRun({ socket, stopping, events: this.#untilEnd(), leave: () => this.#leave() });
  }

  async #leave(): Promise<void> {
    if (!this.#isOver && !this.#isCancelled) await this.#cancel();
  }

  async *#untilEnd(): AsyncGenerator<RunEvent, RunEnd, void> {
    const { socket, stopping } = this.#settings;
    yield* this.#queueNotes();
    for (;;) {
      const message = await socket.next(this.#requests.silenceTimeoutMs);
      const reason = stopReason(stopping);
      if (reason && !this.#isCancelled) await this.#cancel();
      if (reason && this.#requests.isOverdue) return { reason };
      const event = this.#stepOf(message);
      if (event) yield event;
      if (!reason && (this.#isAtWork(message) || socket.isAway)) continue;
      const end = await this.#ended(reason);
      if (!end) continue;
      if (!reason) yield* this.#remainingEvents(end);
      return end;
    }
  }

  /** The steps that came while InvokeAI was asked how a run ended that was not stopped from here. */
  *#remainingEvents({ reason }: RunEnd): Generator<RunEvent, void, void> {
    for (const message of this.#settings.socket.takeAll()) {
      const event = this.#stepOf(message);
      if (event) yield event;
    }
    const message = 'InvokeAI has cancelled this: somebody did so there, or it was restarted.';
    if (reason === 'interrupted') yield { type: 'note', message };
  }

  async #enqueue(): Promise<number> {
    const { client, graph, stopping } = this.#settings;
    const signal = abortedLater(stopping, cancelTimeoutMs);
    const body = { batch: { graph, runs: 1, origin: 'steps-animation' }, prepend: false };
    const [id] = (await client.post(`${queue}/enqueue_batch`, body, enqueued, { signal })).item_ids;
    if (id !== undefined) return id;
    throw new StepsAnimationError('network', "InvokeAI's queue is full: clear it there, and try again.");
  }

  async #cancel(): Promise<void> {
    this.#isCancelled = true;
    this.#requests.close();
    const path = `${queue}/i/${this.#id}/cancel`;
    await this.#settings.client.put(path, z.unknown(), { timeoutMs: cancelTimeoutMs });
  }

  #stepOf(message: SocketMessage): RunEvent | undefined {
    if (message.type === 'reconnected') this.#count.miss();
    if (message.type !== 'progress' || message.item_id !== this.#id || message.invocation_source_id !== samplingNode) {
      return undefined;
    }
    const { image, percentage } = message;
    // The loading of a model for the node is reported as well.
    if (!image || typeof percentage !== 'number') return undefined;
    const step = this.#count.count(percentage);
    if (step === undefined) return undefined;
    return { type: 'step', pass: 0, step, picture: fromBase64(image.dataURL) };
  }

  #isAtWork(message: SocketMessage): boolean {
    if (message.type !== 'status') return message.type === 'progress';
    return message.item_id !== this.#id || !endStates.includes(message.status);
  }

  /** Asks InvokeAI how the run ended, as messages may have been lost; undefined while it goes on. */
  async #ended(stopped: FinishReason | undefined): Promise<RunEnd | undefined> {
    const { client } = this.#settings;
    const item = await this.#item();
    if (!item) return undefined;
    this.#isOver = endStates.includes(item.status);
    if (!this.#isOver) return undefined;
    if (item.status === 'canceled') return { reason: stopped ?? 'interrupted' };
    if (item.status === 'failed') throw failure(item);
    const [prepared = ''] = item.session.source_prepared_mapping[imageNode] ?? [];
    const name = item.session.results[prepared]?.image?.image_name;
    if (name === undefined) throw new StepsAnimationError('network', 'InvokeAI ended without an image. Try again.');
    const path = `api/v1/images/i/${encodeURIComponent(name)}/full`;
    const { fileOptions } = this.#requests;
    const file = await this.#requests.send('file', () => client.bytes(path, fileOptions));
    return file && { reason: 'finished', file };
  }

  async #item(): Promise<Item | undefined> {
    const { client } = this.#settings;
    try {
      const path = `${queue}/i/${this.#id}`;
      return await this.#requests.send('item', (options) => client.get(path, itemSchema, options));
    } catch (error) {
      if (!(error instanceof StepsAnimationError) || error.code !== 'usage') throw error;
      throw client.lostRun();
    }
  }

  async *#queueNotes(): AsyncGenerator<RunEvent, void, void> {
    const { client, stopping: signal } = this.#settings;
    const { queue: items, processor } = await client.get(`${queue}/status`, queueSchema, { signal });
    if (!processor.is_started) {
      yield { type: 'note', message: "InvokeAI's queue is paused: resume it there, and this begins." };
    } else if (items.pending + items.in_progress > 1) {
      yield { type: 'note', message: 'InvokeAI is busy with something else: this waits.' };
    }
  }
}

function failure({ error_type: type, error_message: reason }: Item): StepsAnimationError {
  const said = [type, reason].filter(Boolean).join(': ') || 'no reason given';
  return new StepsAnimationError('network', `InvokeAI failed: ${said} (see its own log)`);
}

/**
 * Counts the steps of one image by the share of the work that comes with each picture. The first picture shows the
 * noise, with the share 0. With a sampler of second order each share comes twice, from 0 for the noise and the first step
 * to 1 for the halves of the last: the second of two is a step.
 */
export class StepCount {
  readonly #planned: number;
  readonly #halvesBefore: number;
  #share = 0;
  /** with that share */
  #pictures = 0;
  #step = 0;
  #isGap = false;

  constructor(planned: number, isSecondOrder: boolean) {
    this.#planned = planned;
    this.#halvesBefore = isSecondOrder ? 1 : 0;
  }

  /** Pictures may have been missed: the next step need not follow the last one. */
  miss(): void {
    this.#isGap = true;
  }

  /** The step that a picture shows, from 1; undefined if it shows none, or one that was counted already. */
  count(share: number): number | undefined {
    if (share < this.#share) return undefined;
    this.#pictures = share > this.#share ? 1 : this.#pictures + 1;
    this.#share = share;
    const isNoise = share === 0 && this.#halvesBefore === 0;
    if (isNoise || this.#pictures !== this.#halvesBefore + 1) return undefined;
    const byShare = Math.round(share * (this.#planned - this.#halvesBefore)) + this.#halvesBefore;
    this.#step = Math.max(this.#step + 1, this.#isGap ? byShare : 0);
    this.#isGap = false;
    return this.#step;
  }
}
