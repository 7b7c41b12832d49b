import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { AsyncQueue } from '../../util/async-queue.js';
import type { HttpClient } from '../remote/http-client.js';
import { maxWaitingBytes } from '../remote/limits.js';
import { socketUrl } from './connection.js';

export type SocketMessage =
  | {
      readonly type: 'event';
      readonly name: string;
      readonly data: Readonly<Record<string, unknown>>;
      /** of the message */
      readonly bytes: number;
    }
  | Preview
  /** The socket had been cut off: what was sent meanwhile is lost. */
  | { readonly type: 'reconnected' }
  /** Nothing came for a while, or the wait was ended. */
  | { readonly type: 'silence' };

/** The picture of a step. */
export type Preview = {
  readonly type: 'preview';
  /** a JPEG or PNG file */
  readonly file: Buffer;
  /** the node that made it, and the run; old versions send neither */
  readonly node?: string;
  readonly prompt?: string;
};

const eventSchema = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()).default({}) });

const handshakeTimeoutMs = 10_000;
const minRetryDelayMs = 200;
const maxRetryDelayMs = 4000;
/** A picture of 64 megapixels, and some more. */
const maxMessageBytes = 256 * 2 ** 20;

/** The socket on which ComfyUI reports the runs of one client; it reconnects when it is cut off. */
export class ComfyuiSocket implements Disposable {
  readonly #client: HttpClient;
  readonly #clientId: string;
  readonly #reconnectTimeoutMs: number;
  readonly #messages = new AsyncQueue<SocketMessage>();
  readonly #closing = new AbortController();
  #socket: WebSocket | undefined;
  /** of messages that have not been read */
  #waitingBytes = 0;

  private constructor(client: HttpClient, clientId: string, reconnectTimeoutMs: number) {
    this.#client = client;
    this.#clientId = clientId;
    this.#reconnectTimeoutMs = reconnectTimeoutMs;
  }

  /**
   * @param reconnectTimeoutMs after which a socket that was cut off fails
   * @param signal ends the wait for the connection
   * @throws StepsAnimationError `network` if ComfyUI cannot be reached, `interrupted` if `signal` aborted
   */
  static async open(
    client: HttpClient,
    clientId: string,
    reconnectTimeoutMs: number,
    signal?: AbortSignal,
  ): Promise<ComfyuiSocket> {
    const socket = new ComfyuiSocket(client, clientId, reconnectTimeoutMs);
    const leave = () => socket.#socket?.terminate();
    signal?.addEventListener('abort', leave);
    try {
      await socket.#connect();
      return socket;
    } catch (error) {
      throw signal?.aborted ? client.stopped() : error;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /**
   * The next message, or silence after some time.
   * @throws StepsAnimationError `network` if the socket was cut off and could not be reconnected
   */
  async next(timeoutMs: number): Promise<SocketMessage> {
    const message = (await this.#messages.take(timeoutMs)) ?? { type: 'silence' };
    this.#waitingBytes -= bytesOf(message);
    if (this.#waitingBytes <= maxWaitingBytes && this.#socket?.isPaused) this.#socket.resume();
    return message;
  }

  get isAway(): boolean {
    return this.#socket?.readyState !== WebSocket.OPEN;
  }

  reconnect(): void {
    this.#socket?.terminate();
  }

  /** Ends the wait for a message, as if nothing had come for a while. */
  wake(): void {
    this.#messages.push({ type: 'silence' });
  }

  async #connect(): Promise<void> {
    const socket = new WebSocket(socketUrl(this.#client, this.#clientId), {
      maxPayload: maxMessageBytes,
      handshakeTimeout: handshakeTimeoutMs,
    });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (cause) => reject(this.#client.unreachable(cause)));
    });
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const message = isBinary ? parsePreview(data) : parseEvent(data.toString('utf8'));
      if (!message) return;
      this.#messages.push(message);
      this.#waitingBytes += bytesOf(message);
      // ComfyUI waits until those have been read.
      if (this.#waitingBytes > maxWaitingBytes) socket.pause();
    });
    socket.on('close', () => void this.#reconnect());
    // ComfyUI looks for this in the first message only.
    socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }));
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    try {
      await delay(minRetryDelayMs, undefined, { signal });
      await pRetry(() => this.#connect(), {
        ...{ retries: Number.POSITIVE_INFINITY, minTimeout: minRetryDelayMs, maxTimeout: maxRetryDelayMs },
        ...{ maxRetryTime: this.#reconnectTimeoutMs, signal },
      });
      this.#messages.push({ type: 'reconnected' });
    } catch (error) {
      this.#messages.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  [Symbol.dispose](): void {
    this.#messages.fail(new StepsAnimationError('interrupted', 'The connection to ComfyUI was closed.'));
    this.#closing.abort();
    this.#socket?.terminate();
  }
}

function bytesOf(message: SocketMessage): number {
  if (message.type === 'preview') return message.file.length;
  return message.type === 'event' ? message.bytes : 0;
}

function parseEvent(text: string): SocketMessage | undefined {
  try {
    const { data: event } = eventSchema.safeParse(JSON.parse(text));
    return event && { type: 'event', name: event.type, data: event.data, bytes: text.length };
  } catch {
    return undefined;
  }
}

/** Kinds of binary messages, and the length of the numbers before their content. */
const previewKind = 1;
const previewWithMetadataKind = 4;
const headBytes = 8;

/**
 * Reads a binary message: unsigned numbers of 32 bits, big-endian, and a picture. Undefined if it is cut off, garbled
 * or of another kind, such as text.
 */
export function parsePreview(message: Buffer): Preview | undefined {
  if (message.length < headBytes) return undefined;
  const kind = message.readUInt32BE(0);
  if (kind === previewKind) return { type: 'preview', file: message.subarray(headBytes) };
  const end = headBytes + message.readUInt32BE(4);
  if (kind !== previewWithMetadataKind || message.length < end) return undefined;
  const metadata = parseMetadata(message.toString('utf8', headBytes, end));
  return metadata && { type: 'preview', ...metadata, file: message.subarray(end) };
}

function parseMetadata(text: string) {
  try {
    const { real_node_id: real, node_id: node, prompt_id: prompt } = JSON.parse(text) ?? {};
    const name = real ?? node;
    return { ...(typeof name === 'string' && { node: name }), ...(typeof prompt === 'string' && { prompt }) };
  } catch {
    return undefined;
  }
}
