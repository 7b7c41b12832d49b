import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { MessageQueue } from '../remote/message-queue.js';
import type { ComfyuiConnection } from './connection.js';
import { type Frame, parseFrame } from './frames.js';

export type SocketMessage =
  | { readonly type: 'event'; readonly name: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: 'frame'; readonly frame: Frame }
  /** the socket had been cut off: what was sent meanwhile is lost */
  | { readonly type: 'reconnected' }
  /** nothing came for a while */
  | { readonly type: 'silence' };

const eventSchema = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()).default({}) });

/** Milliseconds. */
const silence = 10_000;
const firstDelay = 200;
const longestDelay = 4000;
/** Bytes; a picture of 16,384 pixels a side as PNG would be larger, and is none. */
const mostBytes = 256 * 2 ** 20;

/** The socket on which ComfyUI tells one client of its runs; it comes back by itself when it is cut off. */
export class ComfyuiSocket implements Disposable {
  readonly #connection: ComfyuiConnection;
  readonly #client: string;
  readonly #patience: number;
  readonly #messages = new MessageQueue<SocketMessage>();
  #socket: WebSocket | undefined;
  #isClosed = false;

  private constructor(connection: ComfyuiConnection, client: string, patience: number) {
    this.#connection = connection;
    this.#client = client;
    this.#patience = patience;
  }

  /**
   * @param patience for how many milliseconds it is tried to get a socket again that was cut off
   * @throws StepsAnimationError `network` when there is no ComfyUI
   */
  static async open(connection: ComfyuiConnection, client: string, patience: number): Promise<ComfyuiSocket> {
    const socket = new ComfyuiSocket(connection, client, patience);
    await socket.#connect();
    return socket;
  }

  /** @throws StepsAnimationError `network` when the socket was cut off and could not be had again */
  async next(): Promise<SocketMessage> {
    return (await this.#messages.next(silence)) ?? { type: 'silence' };
  }

  /** whether it is cut off, and tried to be had again */
  get isAway(): boolean {
    return this.#socket?.readyState !== WebSocket.OPEN;
  }

  /** Has the socket anew: there is doubt that ComfyUI is still at its other end. */
  renew(): void {
    this.#socket?.terminate();
  }

  /** Ends a wait at once, as after a silence. */
  wake(): void {
    this.#messages.push({ type: 'silence' });
  }

  async #connect(): Promise<void> {
    const address = this.#connection.socketAddress(this.#client);
    const socket = new WebSocket(address, { maxPayload: mostBytes, handshakeTimeout: 10_000 });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (cause) => reject(this.#connection.unreachable(cause)));
    });
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#take(data, isBinary));
    socket.on('close', () => void this.#reconnect());
    // ComfyUI looks for this in the first message alone.
    socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }));
  }

  async #reconnect(): Promise<void> {
    const until = Date.now() + this.#patience;
    for (let delay = firstDelay; !this.#isClosed; delay = Math.min(2 * delay, longestDelay)) {
      try {
        await wait(delay);
        if (this.#isClosed) return;
        await this.#connect();
        this.#messages.push({ type: 'reconnected' });
        return;
      } catch (error) {
        if (Date.now() < until) continue;
        this.#messages.fail(
          error instanceof StepsAnimationError ? error : new StepsAnimationError('network', String(error)),
        );
        return;
      }
    }
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#messages.push({ type: 'frame', frame: parseFrame(data) });
      return;
    }
    const event = parseEvent(data.toString('utf8'));
    if (event) this.#messages.push({ type: 'event', name: event.type, data: event.data });
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#socket?.terminate();
    this.#messages.fail(new StepsAnimationError('interrupted', 'The connection to ComfyUI was closed.'));
  }
}

function parseEvent(text: string) {
  try {
    return eventSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
