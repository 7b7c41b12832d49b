import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { WebSocket, WebSocketServer } from 'ws';
import { bodyOf, type Entry, type NewEntry, type Recording } from './recording.js';

type Closer = Extract<Entry, { type: 'close' }>['from'];

export type ProxySettings = {
  /** Whether a client's message on a socket is kept from the program, as if a client had not sent it. */
  readonly isWithheld?: ((message: string) => boolean) | undefined;
};

/** Stands between a host and its program, hands on all that they say, and notes it. */
export class RecordingProxy implements AsyncDisposable {
  readonly #target: URL;
  readonly #settings: ProxySettings;
  readonly #entries: Entry[] = [];
  readonly #start = performance.now();
  readonly #server = createServer((request, response) => void this.#exchange(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server });
  readonly #closing = new Set<(from: Closer) => void>();
  #requests = 0;
  #opened = 0;

  private constructor(target: string, settings: ProxySettings) {
    this.#target = new URL(target);
    this.#settings = settings;
    this.#sockets.on('connection', (client, request) => this.#connect(client, request.url ?? '/'));
  }

  static async start(target: string, settings: ProxySettings = {}): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target, settings);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get recording(): Recording {
    return this.#entries;
  }

  /** Cuts off every socket, as a network that fails. */
  cut(): void {
    for (const close of this.#closing) close('recorder');
  }

  #note(entry: NewEntry): void {
    this.#entries.push({ at: Math.round(performance.now() - this.#start), ...entry });
  }

  async #exchange(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const id = ++this.#requests;
    const { method = 'GET', url: path = '/' } = incoming;
    const body = await buffer(incoming);
    this.#note({ type: 'request', id, method, path, body: bodyOf(body) });
    // What is packed could not be read in the recording.
    const headers = { ...incoming.headers, host: this.#target.host, 'accept-encoding': 'identity' };
    const forwarded = requestHttp(new URL(path, this.#target), { method, headers });
    outgoing.on('close', () => forwarded.destroy());
    forwarded.on('error', () => outgoing.destroy());
    forwarded.on('response', async (answer) => {
      const received = await buffer(answer);
      const status = answer.statusCode ?? 0;
      this.#note({ type: 'response', id, status, body: bodyOf(received) });
      outgoing.writeHead(status, { 'content-type': answer.headers['content-type'] ?? 'application/octet-stream' });
      outgoing.end(received);
    });
    forwarded.end(body);
  }

  #connect(client: WebSocket, path: string): void {
    const socket = ++this.#opened;
    const address = new URL(path, this.#target);
    address.protocol = 'ws:';
    const server = new WebSocket(address, { perMessageDeflate: false });
    this.#note({ type: 'open', socket, path });
    const close = (from: Closer) => {
      if (this.#closing.delete(close)) this.#note({ type: 'close', socket, from });
      client.terminate();
      server.terminate();
    };
    this.#closing.add(close);
    const opening = once(server, 'open').catch(() => close('server'));
    const hand = (from: 'client' | 'server', to: WebSocket) => (data: Buffer, binary: boolean) => {
      if (from === 'client' && this.#settings.isWithheld?.(data.toString())) return;
      const body = binary ? { base64: data.toString('base64') } : { text: data.toString() };
      this.#note({ type: 'message', socket, from, body });
      void opening.then(() => to.readyState === WebSocket.OPEN && to.send(data, { binary }));
    };
    client.on('message', hand('client', server)).on('close', () => close('client'));
    server.on('message', hand('server', client)).on('close', () => close('server'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
