import { io, type Socket } from 'socket.io-client';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { AsyncQueue } from '../../util/async-queue.js';
import type { HttpClient } from '../remote/http-client.js';
import { maxWaitingBytes } from '../remote/limits.js';
import { socketAddress } from './connection.js';

const progressSchema = z.looseObject({
  item_id: z.number(),
  invocation_source_id: z.string(),
  percentage: z.number().nullish(),
  image: z.looseObject({ dataURL: z.string() }).nullish(),
});
const statusSchema = z.looseObject({ item_id: z.number(), status: z.string() });

export type SocketMessage =
  | ({ readonly type: 'progress' } & z.output<typeof progressSchema>)
  /** An item of the queue has begun or ended. */
  | ({ readonly type: 'status' } & z.output<typeof statusSchema>)
  /** The socket had been cut off: what was sent meanwhile is lost. */
  | { readonly type: 'reconnected' }
  /** Nothing came for a while, or the wait was ended. */
  | { readonly type: 'silence' };

/** Of a message without a picture. */
const messageBytes = 1000;
/** In milliseconds. */
const timing = { timeout: 10_000, reconnectionDelay: 200, reconnectionDelayMax: 4000 };

/** The socket on which InvokeAI reports its queue; it reconnects when it is cut off. */
export class InvokeaiSocket implements Disposable {
  readonly #messages = new AsyncQueue<SocketMessage>();
  readonly #socket: Socket;
  readonly #client: HttpClient;
  readonly #reconnectTimeoutMs: number;
  /** Ends the wait for a socket that was cut off. */
  #reconnectTimer: NodeJS.Timeout | undefined;
  /** of messages that have not been read */
  #waitingBytes = 0;

  private constructor(client: HttpClient, reconnectTimeoutMs: number) {
    const { origin, path } = socketAddress(client);
    this.#client = client;
    this.#reconnectTimeoutMs = reconnectTimeoutMs;
    // A manager of its own: otherwise two hosts at one address would share a socket.
    this.#socket = io(origin, { path, transports: ['websocket'], autoConnect: false, forceNew: true, ...timing });
  }

  /**
   * @param reconnectTimeoutMs after which a socket that was cut off fails
   * @param signal ends the wait for the connection
   * @throws StepsAnimationError `network` if InvokeAI cannot be reached, `interrupted` if `signal` aborted
   */
  static async open(client: HttpClient, reconnectTimeoutMs: number, signal?: AbortSignal): Promise<InvokeaiSocket> {
    const socket = new InvokeaiSocket(client, reconnectTimeoutMs);
    await socket.#open(signal);
    return socket;
  }

  get isAway(): boolean {
    return this.#reconnectTimer !== undefined;
  }

  reconnect(): void {
    this.#socket.io.engine.close();
  }

  /**
   * The next message, or silence after some time.
   * @throws StepsAnimationError `network` if the socket was cut off and could not be reconnected, or floods
   */
  async next(timeoutMs: number): Promise<SocketMessage> {
    const message = (await this.#messages.take(timeoutMs)) ?? { type: 'silence' };
    this.#waitingBytes -= bytesOf(message);
    return message;
  }

  /** Takes all messages that wait. */
  takeAll(): readonly SocketMessage[] {
    this.#waitingBytes = 0;
    return this.#messages.remove(() => true);
  }

  /** Ends the wait for a message, as if nothing had come for a while. */
  wake(): void {
    this.#messages.push({ type: 'silence' });
  }

  #receive(message: SocketMessage): void {
    this.#waitingBytes += bytesOf(message);
    this.#messages.push(message);
    if (this.#waitingBytes <= maxWaitingBytes) return;
    this.#messages.fail(this.#client.unreachable(new Error('it sends more than can be taken')));
    this.#socket.off('disconnect');
    this.#socket.disconnect();
  }

  async #open(signal: AbortSignal | undefined): Promise<void> {
    const socket = this.#socket;
    socket.on('invocation_progress', (message: unknown) => {
      const { data } = progressSchema.safeParse(message);
      if (data) this.#receive({ type: 'progress', ...data });
    });
    socket.on('queue_item_status_changed', (message: unknown) => {
      const { data } = statusSchema.safeParse(message);
      if (data) this.#receive({ type: 'status', ...data });
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', (cause) => reject(this.#client.unreachable(cause)));
        signal?.addEventListener('abort', () => reject(this.#client.stopped()), { once: true });
        socket.connect();
      });
    } catch (error) {
      socket.disconnect();
      throw error;
    }
    this.#subscribe();
    socket.on('connect', () => this.#reconnected());
    socket.on('disconnect', () => this.#disconnected());
  }

  #subscribe(): void {
    this.#socket.emit('subscribe_queue', { queue_id: 'default' });
  }

  #disconnected(): void {
    this.#reconnectTimer ??= setTimeout(() => {
      this.#messages.fail(this.#client.unreachable(new Error('it went away and did not come back')));
      this.#socket.disconnect();
    }, this.#reconnectTimeoutMs);
    // After a disconnect by the server, socket.io does not reconnect by itself.
    if (!this.#socket.active) this.#socket.connect();
  }

  #reconnected(): void {
    clearTimeout(this.#reconnectTimer);
    this.#reconnectTimer = undefined;
    this.#subscribe();
    this.#messages.push({ type: 'reconnected' });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#reconnectTimer);
    this.#socket.off('disconnect');
    this.#socket.disconnect();
    this.#messages.fail(new StepsAnimationError('interrupted', 'The connection to InvokeAI was closed.'));
  }
}

function bytesOf(message: SocketMessage): number {
  return message.type === 'progress' ? (message.image?.dataURL.length ?? 0) + messageBytes : messageBytes;
}
