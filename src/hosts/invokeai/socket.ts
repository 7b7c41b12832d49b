import { io, type Socket } from 'socket.io-client';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { MessageQueue } from '../remote/message-queue.js';
import type { InvokeaiConnection } from './connection.js';

const progressSchema = z.looseObject({
  item_id: z.number(),
  invocation_source_id: z.string(),
  percentage: z.number().nullish(),
  image: z.looseObject({ dataURL: z.string() }).nullish(),
});
const statusSchema = z.looseObject({ item_id: z.number(), status: z.string() });

export type SocketMessage =
  | ({ readonly type: 'progress' } & z.output<typeof progressSchema>)
  /** an item of the queue has begun or ended */
  | ({ readonly type: 'status' } & z.output<typeof statusSchema>)
  /** the socket had been cut off: what was sent meanwhile is lost */
  | { readonly type: 'reconnected' }
  /** nothing came for a while */
  | { readonly type: 'silence' };

/** Milliseconds. */
const silence = 10_000;
const handshake = 10_000;

/** The socket on which InvokeAI tells of its queue; it comes back by itself when it is cut off. */
export class InvokeaiSocket implements Disposable {
  readonly #messages = new MessageQueue<SocketMessage>();
  readonly #socket: Socket;
  readonly #connection: InvokeaiConnection;
  readonly #patience: number;
  /** ends the wait for a socket that was cut off */
  #givingUp: NodeJS.Timeout | undefined;

  private constructor(connection: InvokeaiConnection, patience: number) {
    const { origin, path } = connection.socketAddress;
    this.#connection = connection;
    this.#patience = patience;
    const delays = { reconnectionDelay: 200, reconnectionDelayMax: 4000, timeout: handshake };
    // A manager of its own: else two hosts at one address would share a socket.
    this.#socket = io(origin, { path, transports: ['websocket'], autoConnect: false, forceNew: true, ...delays });
  }

  /**
   * @param patience for how many milliseconds it is tried to get a socket again that was cut off
   * @throws StepsAnimationError `network` when there is no InvokeAI
   */
  static async open(connection: InvokeaiConnection, patience: number): Promise<InvokeaiSocket> {
    const socket = new InvokeaiSocket(connection, patience);
    await socket.#open();
    return socket;
  }

  /** whether it is cut off, and tried to be had again */
  get isAway(): boolean {
    return this.#givingUp !== undefined;
  }

  /** Has the socket anew: there is doubt that InvokeAI is still at its other end. */
  renew(): void {
    this.#socket.io.engine.close();
  }

  /** @throws StepsAnimationError `network` when the socket was cut off and could not be had again */
  async next(): Promise<SocketMessage> {
    return (await this.#messages.next(silence)) ?? { type: 'silence' };
  }

  /** Takes what came and was not taken yet, also where nothing more can come. */
  rest(): readonly SocketMessage[] {
    return this.#messages.rest();
  }

  /** Ends a wait at once, as after a silence. */
  wake(): void {
    this.#messages.push({ type: 'silence' });
  }

  async #open(): Promise<void> {
    const socket = this.#socket;
    socket.on('invocation_progress', (told: unknown) => {
      const { data } = progressSchema.safeParse(told);
      if (data) this.#messages.push({ type: 'progress', ...data });
    });
    socket.on('queue_item_status_changed', (told: unknown) => {
      const { data } = statusSchema.safeParse(told);
      if (data) this.#messages.push({ type: 'status', ...data });
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', (cause) => reject(this.#connection.unreachable(cause)));
        socket.connect();
      });
    } catch (error) {
      socket.disconnect();
      throw error;
    }
    socket.emit('subscribe_queue', { queue_id: 'default' });
    socket.on('connect', () => this.#back());
    socket.on('disconnect', () => this.#gone());
  }

  #gone(): void {
    this.#givingUp ??= setTimeout(() => {
      this.#messages.fail(this.#connection.unreachable(new Error('it went away and did not come back')));
      this.#socket.disconnect();
    }, this.#patience);
    // After a farewell of the server, socket.io does not come back by itself.
    if (!this.#socket.active) this.#socket.connect();
  }

  #back(): void {
    clearTimeout(this.#givingUp);
    this.#givingUp = undefined;
    this.#socket.emit('subscribe_queue', { queue_id: 'default' });
    this.#messages.push({ type: 'reconnected' });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#givingUp);
    this.#socket.off('disconnect');
    this.#socket.disconnect();
    this.#messages.fail(new StepsAnimationError('interrupted', 'The connection to InvokeAI was closed.'));
  }
}
