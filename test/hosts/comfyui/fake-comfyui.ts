import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Picture } from '#src/pictures/picture.js';
import { emerging } from '../../helpers/pictures.js';

export const size = { width: 64, height: 48 };
type Nodes = Record<string, { class_type: string; inputs: Record<string, unknown> }>;
type Submitted = { readonly prompt: Nodes; readonly client_id: string; readonly extra_data: Record<string, unknown> };
type Status = 'success' | 'error' | 'interrupted';

/** One run of the fake: what it reports is up to the test. */
export class FakeRun {
  constructor(
    readonly id: string,
    readonly submitted: Submitted,
    private readonly server: FakeComfyui,
  ) {}

  event(type: string, data: Record<string, unknown> = {}): void {
    this.server.send(JSON.stringify({ type, data: { prompt_id: this.id, ...data } }));
  }

  /** The two messages that stand for a step since ComfyUI 0.3.40, recorded from 0.8.0. */
  async step(node: string, value: number, max: number): Promise<void> {
    const facts = {
      node_id: node,
      display_node_id: node,
      parent_node_id: null,
      real_node_id: node,
      prompt_id: this.id,
    };
    this.event('progress_state', { nodes: { [node]: { value, max, state: 'running', ...facts } } });
    await this.preview(node, value / max);
  }

  async preview(node: string, share: number): Promise<void> {
    const facts = Buffer.from(
      JSON.stringify({ node_id: node, prompt_id: this.id, real_node_id: node, image_type: 'image/jpeg' }),
    );
    this.server.send(Buffer.concat([uint32(4), uint32(facts.length), facts, await file(share, 'jpeg')]));
  }

  /** The same of older ones. */
  async legacyStep(node: string, value: number, max: number): Promise<void> {
    this.event('progress', { node, value, max });
    this.server.send(Buffer.concat([uint32(1), uint32(1), await file(value / max, 'jpeg')]));
  }

  end(status: Status = 'success', facts: Record<string, unknown> = {}): void {
    this.server.end(this.id, status, facts);
    this.event(`execution_${status}`, facts);
  }
}

export type Script = (run: FakeRun) => Promise<void>;

/** A server that speaks ComfyUI's API, with one sampler run after another. */
export class FakeComfyui {
  readonly runs: FakeRun[] = [];
  /** files of pictures that were sent */
  readonly uploads: Buffer[] = [];
  readonly interrupts: unknown[] = [];
  /** ids of runs that wait, and never begin */
  waiting: string[] = [];
  /** whether runs that are sent wait */
  isBusy = false;
  /** whether a run that waits begins right after the queue was asked for */
  beginsWhenAsked = false;
  /** how many requests for a path are yet to be broken off */
  readonly brokenOff = new Map<string, number>();
  /** called for requests for the history, which are not answered then */
  onSilence: (() => void) | undefined;
  firstMessages: string[] = [];
  /** of each run */
  images = 1;
  #running: string | undefined;
  #isMissed = false;
  readonly #ended = new Map<string, { status: Status; facts: Record<string, unknown> }>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server });
  readonly #script: Script;

  private constructor(script: Script) {
    this.#script = script;
    this.#sockets.on('connection', (socket) => {
      socket.once('message', (text: Buffer) => this.firstMessages.push(text.toString()));
      socket.send(JSON.stringify({ type: 'status', data: { status: { exec_info: { queue_remaining: 0 } } } }));
    });
  }

  static async start(script: Script): Promise<FakeComfyui> {
    const fake = new FakeComfyui(script);
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

  /** Cuts off every socket. */
  cut(): void {
    this.#isMissed = true;
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Is not there at all, with what it is doing going on. */
  async away(): Promise<() => Promise<void>> {
    const { port } = this.#server.address() as AddressInfo;
    this.#server.close();
    this.cut();
    this.#server.closeAllConnections();
    return async () => void (await once(this.#server.listen(port, '127.0.0.1'), 'listening'));
  }

  /** as after a restart */
  forget(): void {
    this.#running = undefined;
    this.#ended.clear();
  }

  /** Until the socket is there again, and its client has asked whether it missed the end. */
  async reconnected(): Promise<void> {
    const isOpen = () => [...this.#sockets.clients].some((socket) => socket.readyState === WebSocket.OPEN);
    while (this.#isMissed || !isOpen()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Until every client has received what was sent, as its answer to a ping shows. */
  async received(): Promise<void> {
    await Promise.all(
      [...this.#sockets.clients].map(async (socket) => {
        socket.ping();
        await once(socket, 'pong');
      }),
    );
  }

  send(message: string | Buffer): void {
    for (const socket of this.#sockets.clients) socket.send(message);
  }

  end(id: string, status: Status, facts: Record<string, unknown>): void {
    this.#ended.set(id, { status, facts });
    this.#running = undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const reply = (value: unknown) => response.end(JSON.stringify(value));
    if (path.startsWith('/history/') && this.onSilence) return void this.onSilence();
    const left = this.brokenOff.get(path) ?? 0;
    if (left > 0) {
      this.brokenOff.set(path, left - 1);
      return void response.destroy();
    }
    if (path === '/object_info/CheckpointLoaderSimple')
      return void reply(node(path, { ckpt_name: [['tiny.safetensors'], {}] }));
    if (path === '/object_info/KSampler') {
      return void reply(
        node(path, { sampler_name: [['euler', 'euler_ancestral']], scheduler: [['normal', 'karras']] }),
      );
    }
    if (path === '/prompt')
      return void reply({ prompt_id: this.#submit((await json(request)) as Submitted), number: 1 });
    if (path === '/queue' && request.method === 'GET') {
      reply(this.#queue());
      if (this.beginsWhenAsked) this.#running = this.waiting.shift() ?? this.#running;
      return;
    }
    if (path === '/queue') {
      const { delete: removed } = (await json(request)) as { delete: string[] };
      this.waiting = this.waiting.filter((id) => !removed.includes(id));
      return void response.end();
    }
    if (path === '/interrupt') {
      this.interrupts.push(await json(request));
      return void response.end();
    }
    if (path === '/upload/image') {
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      const sent = (await new Response(new Uint8Array(await buffer(request)), { headers }).formData()).get('image');
      if (sent instanceof Blob) this.uploads.push(Buffer.from(await sent.arrayBuffer()));
      return void reply({ name: `picture-${this.uploads.length}.png`, subfolder: '', type: 'temp' });
    }
    if (path === '/view') return void response.end(await file(1, 'png'));
    if (path.startsWith('/history/')) {
      this.#isMissed = false;
      return void reply(this.#history(path.split('/').at(-1) ?? ''));
    }
    response.statusCode = 404;
    response.end('404: Not Found');
  }

  #submit(submitted: Submitted): string {
    const id = `run-${this.runs.length + 1}`;
    const run = new FakeRun(id, submitted, this);
    this.runs.push(run);
    if (this.isBusy) {
      this.waiting.push(id);
      run.event('status', {});
      return id;
    }
    this.#running = id;
    setImmediate(() => void this.#script(run));
    return id;
  }

  #queue() {
    return {
      queue_running: this.#running ? [[0, this.#running, {}, {}, []]] : [],
      queue_pending: this.waiting.map((id, index) => [index + 1, id, {}, {}, []]),
    };
  }

  #history(id: string) {
    const end = this.#ended.get(id);
    if (!end) return {};
    const messages = [
      ['execution_start', { prompt_id: id }],
      [`execution_${end.status}`, { prompt_id: id, ...end.facts }],
    ];
    const images = [{ filename: 'x.png', subfolder: '', type: 'temp' }];
    const outputs = end.status === 'success' ? { image: { images: Array(this.images).fill(images).flat() } } : {};
    return { [id]: { outputs, status: { status_str: end.status, completed: true, messages } } };
  }
}

function node(path: string, required: Record<string, unknown>) {
  return { [path.split('/').at(-1) ?? '']: { input: { required } } };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const finished: Picture = emerging(size.width, size.height, 1);

async function file(share: number, format: 'png' | 'jpeg'): Promise<Buffer> {
  const { data, width, height } = emerging(size.width, size.height, share);
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}
