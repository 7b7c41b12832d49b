import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import sharp from 'sharp';
import { Server as SocketIoServer } from 'socket.io';
import { onTestFinished } from 'vitest';
import type { Graph } from '#src/hosts/invokeai/graph.js';
import type { Picture } from '#src/pictures/picture.js';
import { emerging } from '../../helpers/pictures.js';

export const size = { width: 64, height: 48 };
export const finished: Picture = emerging(size.width, size.height, 1);
type Status = 'in_progress' | 'completed' | 'failed' | 'canceled';

/** One item of the fake's queue: what it reports is up to the test. */
export class FakeItem {
  status: Status = 'in_progress';
  error: Readonly<Record<string, string>> = {};

  constructor(
    readonly id: number,
    readonly graph: Graph,
    private readonly server: FakeInvokeai,
  ) {}

  /** A picture of the progress, an eighth of the size, as InvokeAI 6.14.2 sends it. */
  async progress(percentage: number, node = 'denoise'): Promise<void> {
    const dataURL = `data:image/jpeg;base64,${(await preview(percentage)).toString('base64')}`;
    const facts = { invocation_source_id: node, message: 'Denoising' };
    this.server.emit('invocation_progress', { item_id: this.id, ...facts, percentage, image: { ...size, dataURL } });
  }

  /** The noise, and steps of a sampler of the first order. */
  async steps(from: number, to: number, of: number): Promise<void> {
    for (let step = from; step <= to; step++) await this.progress(step / of);
  }

  end(status: Exclude<Status, 'in_progress'> = 'completed', error: Readonly<Record<string, string>> = {}): void {
    this.status = status;
    this.error = error;
    this.server.emit('queue_item_status_changed', { item_id: this.id, status, ...error });
  }
}

export type Script = (item: FakeItem) => Promise<void>;

/** A server that speaks InvokeAI's API, with one item of its queue after another. */
export class FakeInvokeai {
  readonly items: FakeItem[] = [];
  readonly canceled: number[] = [];
  /** files of pictures that were sent */
  readonly uploads: Buffer[] = [];
  subscriptions = 0;
  isPaused = false;
  isFull = false;
  /** what is answered to a question about an item, as long as it is set */
  garbage: string | undefined;
  /** how many requests for a path are yet to be broken off */
  readonly brokenOff = new Map<string, number>();
  /** done once, while a question about an item waits for its answer */
  onQuestion: (() => Promise<void>) | undefined;
  /** how many questions about an item are yet to be broken off */
  unanswered = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new SocketIoServer(this.#server, { path: '/ws/socket.io' });
  readonly #script: Script;

  private constructor(script: Script) {
    this.#script = script;
    this.#sockets.on('connection', (socket) => {
      socket.on('subscribe_queue', async ({ queue_id: id }: { readonly queue_id: string }) => {
        await socket.join(id);
        this.subscriptions++;
      });
    });
  }

  static async start(script: Script): Promise<FakeInvokeai> {
    const fake = new FakeInvokeai(script);
    await once(fake.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => fake.stop());
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.cut();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Cuts off every socket, as a network that fails. */
  cut(): void {
    for (const socket of this.#sockets.sockets.sockets.values()) socket.conn.close(true);
  }

  /** Sends every client away, as a server that ends. */
  dismiss(): void {
    this.#sockets.disconnectSockets(true);
  }

  /** Until so many clients have subscribed, one after another. */
  async subscribed(times: number): Promise<void> {
    while (this.subscriptions < times) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Until every client has received what was sent, as its answer to a ping shows. */
  async received(): Promise<void> {
    const connections = [...this.#sockets.sockets.sockets.values()].map(({ conn }) => conn);
    await Promise.all(
      connections.map(async (connection) => {
        // biome-ignore lint/complexity/useLiteralKeys: private to TypeScript, which allows it in brackets
        connection['sendPacket']('ping');
        await once(connection, 'heartbeat');
      }),
    );
  }

  /** Breaks off the next question about an item, and waits for it. */
  async breakOff(): Promise<void> {
    for (this.unanswered = 1; this.unanswered > 0; ) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  emit(name: string, data: unknown): void {
    this.#sockets.to('default').emit(name, data);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const reply = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value));
    const left = this.brokenOff.get(path) ?? 0;
    if (left > 0) {
      this.brokenOff.set(path, left - 1);
      return void response.destroy();
    }
    const [, id] = /^\/api\/v1\/queue\/default\/i\/(\d+)/u.exec(path) ?? [];
    if (id !== undefined) return await this.#answerOf(Number(id), path.endsWith('/cancel'), response);
    if (path === '/api/v2/models/') return void reply({ models });
    if (path === '/api/v1/images/upload') {
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      const sent = (await new Response(new Uint8Array(await buffer(request)), { headers }).formData()).get('file');
      if (sent instanceof Blob) this.uploads.push(Buffer.from(await sent.arrayBuffer()));
      return void reply({ image_name: `picture-${this.uploads.length}.png` }, 201);
    }
    if (path === '/api/v1/images/i/result.png/full') return void response.end(await png(finished));
    if (path === '/api/v1/queue/default/status') {
      const queue = { pending: 0, in_progress: 1 };
      return void reply({ queue, processor: { is_started: !this.isPaused, is_processing: false } });
    }
    if (path === '/api/v1/queue/default/enqueue_batch') {
      const { batch } = (await json(request)) as { readonly batch: { readonly graph: Graph } };
      return void reply({ item_ids: this.isFull ? [] : [this.#enqueue(batch.graph)] }, 201);
    }
    reply({ detail: 'Not Found' }, 404);
  }

  async #answerOf(id: number, isCancel: boolean, response: ServerResponse): Promise<void> {
    const { onQuestion } = this;
    this.onQuestion = undefined;
    await onQuestion?.();
    const item = this.items.find((each) => each.id === id);
    if (this.unanswered > 0) {
      this.unanswered--;
      return void response.destroy();
    }
    if (this.garbage !== undefined) return void response.end(this.garbage);
    if (!item)
      return void response.writeHead(404).end(JSON.stringify({ detail: `Queue item with id ${id} not found` }));
    if (isCancel) {
      this.canceled.push(id);
      item.end('canceled');
    }
    const results = item.status === 'completed' ? { prepared: { image: { image_name: 'result.png' } } } : {};
    const session = { results, source_prepared_mapping: { image: ['prepared'] } };
    response.end(JSON.stringify({ item_id: id, status: item.status, ...item.error, session }));
  }

  #enqueue(graph: Graph): number {
    const item = new FakeItem(this.items.length + 1, graph, this);
    this.items.push(item);
    setImmediate(() => void this.#script(item));
    return item.id;
  }

  /** as after its queue was cleared */
  forget(): void {
    this.items.length = 0;
  }
}

const models = [
  { key: 'k0', hash: 'h0', name: 'flux', base: 'flux', type: 'main' },
  { key: 'k1', hash: 'h1', name: 'tiny', base: 'sd-1', type: 'main', default_settings: size },
  { key: 'k2', hash: 'h2', name: 'large', base: 'sdxl', type: 'main', default_settings: null },
];

async function preview(share: number): Promise<Buffer> {
  const { data, width, height } = emerging(size.width / 8, size.height / 8, share);
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

async function png({ data, width, height }: Picture): Promise<Buffer> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
