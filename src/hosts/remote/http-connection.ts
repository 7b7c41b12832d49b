import type { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';

/** Milliseconds for an answer. */
const patience = 30_000;
const shownCharacters = 200;
/** What FastAPI says where it has no such path; of what is missing there, programs say more. */
const saidOfPaths = ['Not Found', 'Method Not Allowed'];

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
    return await this.#ask(path, {}, schema, signal);
  }

  async post<S extends z.ZodType>(path: string, body: unknown, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    const headers = { 'content-type': 'application/json' };
    return await this.#ask(path, { method: 'POST', body: JSON.stringify(body), headers }, schema, signal);
  }

  async put<S extends z.ZodType>(path: string, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    return await this.#ask(path, { method: 'PUT' }, schema, signal);
  }

  async form<S extends z.ZodType>(path: string, body: FormData, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    return await this.#ask(path, { method: 'POST', body }, schema, signal);
  }

  /** A file by its name, which may be missing. */
  async bytes(path: string, signal?: AbortSignal): Promise<Buffer> {
    const { response, body } = await this.#fetch(path, {}, signal);
    if (!response.ok) throw this.#refusal(response, body, this.#saidIn(body));
    return body;
  }

  /** That nothing answers, and what to do. */
  unreachable(cause: unknown, reason = reasonOf(cause)): StepsAnimationError {
    const remedy = 'see that it runs, and that the address is right';
    const message = `Cannot reach ${this.#program.name} at ${this.place} (${reason}): ${remedy}.`;
    return new StepsAnimationError('network', message, { cause });
  }

  #read<S extends z.ZodType>(body: Buffer, schema: S): z.output<S> {
    const text = body.toString('utf8');
    const { success, data } = schema.safeParse(parse(text));
    if (success) return data;
    throw this.#other(`it says ${JSON.stringify(text.slice(0, 60))}`);
  }

  /** That another program answers. */
  #other(sign: string): StepsAnimationError {
    const message = `What answers at ${this.place} is no ${this.#program.name}: ${sign}. Check the address.`;
    return new StepsAnimationError('network', message);
  }

  #saidIn(body: Buffer): string | undefined {
    return this.#program.refusal(parse(body.toString('utf8')));
  }

  #refusal({ status, statusText }: Response, body: Buffer, said: string | undefined): StepsAnimationError {
    const reason = said || body.toString('utf8').slice(0, shownCharacters) || statusText;
    const message = `${this.#program.name} at ${this.place} refuses that (${status}): ${reason}`;
    return new StepsAnimationError(status < 500 ? 'usage' : 'network', message);
  }

  async #ask<S extends z.ZodType>(path: string, init: Init, schema: S, signal: AbortSignal | undefined) {
    const { response, body } = await this.#fetch(path, init, signal);
    if (response.ok) return this.#read(body, schema);
    const said = this.#saidIn(body);
    const isNoPath = [404, 405].includes(response.status) && (said === undefined || saidOfPaths.includes(said));
    throw isNoPath ? this.#other(`it has no ${this.url.pathname}${path}`) : this.#refusal(response, body, said);
  }

  async #fetch(path: string, init: Init, signal: AbortSignal | undefined) {
    const timeout = AbortSignal.timeout(patience);
    try {
      const response = await fetch(new URL(path, this.url), {
        ...init,
        // On one that is kept, a request fails that meets its end: uvicorn, InvokeAI's server, ends it after 5 s.
        headers: { ...init.headers, connection: 'close' },
        signal: AbortSignal.any(signal ? [signal, timeout] : [timeout]),
      });
      return { response, body: Buffer.from(await response.arrayBuffer()) };
    } catch (cause) {
      if (signal?.aborted) {
        throw new StepsAnimationError('interrupted', `Stopped while ${this.#program.name} was asked.`);
      }
      throw timeout.aborted ? this.unreachable(cause, 'it does not answer in time') : this.unreachable(cause);
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
