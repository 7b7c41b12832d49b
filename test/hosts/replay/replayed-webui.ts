import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { bytesOf, type Recording } from '../record/recording.js';

type Answer = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Buffer;
  /** how many generations had been asked for before */
  readonly generations: number;
};

export type ReplaySettings = {
  /** Whether a question about the progress goes unanswered, by how many were asked before it. */
  readonly isLost?: (question: number) => boolean;
};

/** Milliseconds without a question after which what is left of the recording is taken as passed. */
const timeoutMs = 2000;

/**
 * A server that answers as a web UI did in a recording: each question takes the next answer to one like it, and a
 * generation is answered once those before its own were given, so that it goes as fast as it is asked.
 */
export class ReplayedWebui {
  readonly #answers: readonly Answer[];
  readonly #settings: ReplaySettings;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #orders: string[] = [];
  #next = 0;
  #questions = 0;
  #generations = 0;

  private constructor(recording: Recording, settings: ReplaySettings) {
    this.#answers = withoutRepeats(answersOf(recording));
    this.#settings = settings;
  }

  static async start(recording: Recording, settings: ReplaySettings = {}): Promise<ReplayedWebui> {
    const replayed = new ReplayedWebui(recording, settings);
    await once(replayed.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      replayed.#server.close();
      replayed.#server.closeAllConnections();
    });
    return replayed;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The paths of all requests that asked for something to be done. */
  get orders(): readonly string[] {
    return this.#orders;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const path = withoutQuery(request.url ?? '/');
    await buffer(request);
    if (isGeneration(path)) this.#generations++;
    const isQuestion = path.endsWith('/progress');
    if (isQuestion && this.#settings.isLost?.(this.#questions++)) return void response.destroy();
    if (method === 'POST' && !isQuestion) this.#orders.push(path);
    const index = this.#indexOf(method, path);
    const answer = this.#answers[index];
    if (!answer) return void response.writeHead(404).end('{"detail":"Not Found"}');
    if (isGeneration(path)) await this.#passed(index);
    this.#next = Math.max(this.#next, index + 1);
    this.#changes.emit('change');
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }

  /** The next answer to such a request, though of no generation that was not asked for; else the last one before. */
  #indexOf(method: string, path: string): number {
    const isIt = (answer: Answer) => answer.method === method && answer.path === path;
    const isReached = ({ generations }: Answer) => generations <= this.#generations;
    const next = this.#answers.findIndex((answer, index) => index >= this.#next && isIt(answer) && isReached(answer));
    const last = this.#answers.findLastIndex((answer, index) => index < this.#next && isIt(answer));
    // What is at work is asked for after a preview, and else has not gone on.
    const isLater = path === '/sdapi/v1/progress' && next > this.#next;
    return next < 0 || (isLater && last >= 0) ? last : next;
  }

  async #passed(index: number): Promise<void> {
    while (this.#next < index) {
      const silence = new AbortController();
      const change = once(this.#changes, 'change', { signal: silence.signal }).then(() => true);
      const isChanged = await Promise.race([change, wait(timeoutMs, false)]);
      if (isChanged) continue;
      change.catch(() => undefined);
      silence.abort();
      return;
    }
  }
}

const isGeneration = (path: string) => path.endsWith('2img');
const withoutQuery = (path: string) => path.split('?', 1)[0] ?? path;

function answersOf(recording: Recording): Answer[] {
  let generations = 0;
  return recording.flatMap((entry) => {
    if (entry.type === 'request' && isGeneration(entry.path)) generations++;
    if (entry.type !== 'response') return [];
    const asked = recording.find((each) => each.type === 'request' && each.id === entry.id);
    if (asked?.type !== 'request') return [];
    const { method, path } = asked;
    const { status, body } = entry;
    return [{ method, path: withoutQuery(path), status, body: bytesOf(body), generations }];
  });
}

/** Without answers about the progress in which only the remaining time differs. */
function withoutRepeats(answers: readonly Answer[]): Answer[] {
  let last = '';
  return answers.filter(({ path, body }) => {
    if (!path.endsWith('/internal/progress')) return true;
    const text = body.toString().replaceAll(/"(eta|progress)":[^,]*,/gu, '');
    const isNew = text !== last;
    last = text;
    return isNew;
  });
}
