import type { z } from 'zod';
import { StepsAnimationError } from '../errors.js';

/** Milliseconds for an answer. */
const patience = 30_000;
const shownCharacters = 200;

/** What messages call a program, and how its refusals are read. */
type Program = {
  readonly name: string;
  /** an address that it may have */
  readonly example: string;
  /** What an answer that refuses says, if it can be told. */
  readonly refusal: (answer: unknown) => string | undefined;
};

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> };

/** Whether an error says that nothing answers, and not that an answer is wrong. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof StepsAnimationError && error.code === 'network' && error.cause !== undefined;
}

/** HTTP with one program that generates images. */
export class HttpConnection {
  protected readonly url: URL;
  readonly #program: Program;

  /** @throws StepsAnimationError `usage` for an address that cannot be */
  constructor(url: string, program: Program) {
    if (!/^https?:\/\//iu.test(url) || !URL.canParse(url)) {
      const message = `The address ${JSON.stringify(url)} is none of ${program.name}: give one such as ${program.example}.`;
      throw new StepsAnimationError('usage', message);
    }
    this.#program = program;
    this.url = new URL(url);
    if (!this.url.pathname.endsWith('/')) this.url.pathname += '/';
  }

  /** as messages name it */
  get place(): string {
    return this.url.href.replace(/\/$/u, '');
  }

  /** @throws StepsAnimationError `network` or `usage`, saying what to do */
  async get<S extends z.ZodType>(path: string, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    return await this.#read(await this.#send(path, {}, signal), schema);
  }

  async post<S extends z.ZodType>(path: string, body: unknown, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.#send(path, { method: 'POST', body: JSON.stringify(body), headers }, signal);
    return await this.#read(response, schema);
  }

  async put<S extends z.ZodType>(path: string, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    return await this.#read(await this.#send(path, { method: 'PUT' }, signal), schema);
  }

  async form<S extends z.ZodType>(path: string, body: FormData, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    return await this.#read(await this.#send(path, { method: 'POST', body }, signal), schema);
  }

  async bytes(path: string, signal?: AbortSignal): Promise<Buffer> {
    const response = await this.#send(path, {}, signal);
    if (!response.ok) throw await this.#refusal(response);
    return Buffer.from(await response.arrayBuffer());
  }

  async #read<S extends z.ZodType>(response: Response, schema: S): Promise<z.output<S>> {
    if (!response.ok) throw await this.#refusal(response);
    const text = await response.text();
    const { success, data } = schema.safeParse(parse(text));
    if (success) return data;
    const shown = JSON.stringify(text.slice(0, 60));
    const message = `What answers at ${this.place} is no ${this.#program.name}: it says ${shown}. Check the address.`;
    throw new StepsAnimationError('network', message);
  }

  async #refusal(response: Response): Promise<StepsAnimationError> {
    const text = await response.text().catch(() => '');
    const said = this.#program.refusal(parse(text)) || text.slice(0, shownCharacters) || response.statusText;
    const message = `${this.#program.name} at ${this.place} refuses that (${response.status}): ${said}`;
    return new StepsAnimationError(response.status < 500 ? 'usage' : 'network', message);
  }

  async #send(path: string, init: Init, signal: AbortSignal | undefined): Promise<Response> {
    const timeout = AbortSignal.timeout(patience);
    const { name } = this.#program;
    try {
      return await fetch(new URL(path, this.url), {
        ...init,
        // On one that is kept, a request fails that meets its end: uvicorn, InvokeAI's server, ends it after 5 s.
        headers: { ...init.headers, connection: 'close' },
        signal: AbortSignal.any(signal ? [signal, timeout] : [timeout]),
      });
    } catch (cause) {
      if (signal?.aborted) throw new StepsAnimationError('interrupted', `Stopped while ${name} was asked.`);
      const reason = timeout.aborted ? 'it does not answer in time' : reasonOf(cause);
      const remedy = 'see that it runs, and that the address is right';
      const message = `Cannot reach ${name} at ${this.place} (${reason}): ${remedy}.`;
      throw new StepsAnimationError('network', message, { cause });
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch` tells the reason in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
