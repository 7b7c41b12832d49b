import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { bytesOf, type Entry, type Recording } from '../record/recording.js';
import type { ServedSockets, ServeSockets } from './served-sockets.js';
import { isOrder, isSent, type Script, scriptOf } from './socket-script.js';

/** How much faster than the program it goes, and the longest pause in milliseconds. */
const pace = 200;
const longestPause = 20;

/** A server that sends and answers what a program did in a recording, as soon as it is asked for the same. */
export class ReplayedProgram {
  readonly #recording: Recording;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #sockets: ServedSockets;
  readonly #changes = new EventEmitter();
  readonly #orders: string[] = [];
  #opened = 0;
  #cuts = 0;
  /** up to which entry the recording has happened */
  #entry = -1;

  private constructor(recording: Recording, serve: ServeSockets) {
    this.#recording = recording;
    this.#sockets = serve(this.#server, () => {
      this.#opened++;
      this.#changes.emit('change');
    });
  }

  /** @param change what happens otherwise than it was recorded */
  static async start(
    recording: Recording,
    serve: ServeSockets,
    change = (script: Script) => script,
  ): Promise<ReplayedProgram> {
    const replayed = new ReplayedProgram(recording, serve);
    await once(replayed.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => replayed.stop());
    void replayed.#play(change(scriptOf(recording)));
    return replayed;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The paths of all requests that asked for something to be done. */
  get orders(): readonly string[] {
    return this.#orders;
  }

  /** Cuts off the sockets where they were cut off in the recording. */
  cut(): void {
    this.#cuts++;
    this.#changes.emit('change');
  }

  stop(): void {
    this.#sockets.cut();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #play(script: Script): Promise<void> {
    let at = 0;
    for (const act of script) {
      if (act.type === 'cut') {
        if (!act.isAtOnce) await this.#until(() => this.#cuts > 0);
        this.#sockets.cut();
        continue;
      }
      await this.#until(() => this.#orders.length >= act.orders && this.#opened >= act.socket);
      await wait(Math.min(Math.max(act.at - at, 0) / pace, longestPause));
      at = act.at;
      this.#entry = Math.max(this.#entry, act.entry);
      if (!act.isLost) this.#sockets.send(act.body);
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }

  #answer({ method = 'GET', url: path = '/' }: IncomingMessage, response: ServerResponse): void {
    const answer = isOrder({ method }) ? this.#answerToOrder(method, path) : this.#answerToQuestion(path);
    response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json' });
    response.end(answer ? bytesOf(answer.body) : undefined);
  }

  /** As often as something is ordered, the next answer. */
  #answerToOrder(method: string, path: string) {
    const times = this.#orders.filter((each) => each === path).length;
    this.#orders.push(path);
    this.#changes.emit('change');
    const answers = this.#answersTo(method, path);
    return answers[Math.min(times, answers.length - 1)]?.answer;
  }

  /** The last answer before the next message that has not been sent; what is not sent has not happened. */
  #answerToQuestion(path: string) {
    const next = this.#recording.findIndex((entry, index) => index > this.#entry && isSent(entry));
    const answers = this.#answersTo('GET', path);
    return (answers.findLast(({ index }) => next < 0 || index < next) ?? answers[0])?.answer;
  }

  #answersTo(method: string, path: string) {
    const asked = this.#recording.filter(
      (entry) => entry.type === 'request' && entry.method === method && entry.path === path,
    );
    const ids = new Set(asked.map((entry) => (entry as Extract<Entry, { type: 'request' }>).id));
    return this.#recording.flatMap((answer, index) =>
      answer.type === 'response' && ids.has(answer.id) ? [{ answer, index }] : [],
    );
  }
}
