import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as SecureAgent } from 'node:https';
import pRetry from 'p-retry';
import type { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { OptionSupport } from '../option-support.js';
import { maxJsonBytes, maxPictureBytes } from './limits.js';

/** A program that generates images and is reached through HTTP. */
export type Program = {
  /** inside a sentence: `ComfyUI`, `the web UI` */
  readonly name: string;
  /** what it is one of: `ComfyUI`, `a web UI` */
  readonly kind: string;
  /** TCP ports that it listens on by default, the most common one first */
  readonly ports: readonly [number, ...number[]];
  readonly options: OptionSupport;
  /** what to do where a login is needed */
  readonly loginHint: string;
  /** what to do where its API is missing; to check the address by default */
  readonly apiHint?: string;
  /** Reads the reason from the JSON of an error answer; undefined if it has none. */
  readonly reasonOf: (answer: unknown) => string | undefined;
};

export type RequestOptions = {
  readonly signal?: AbortSignal | undefined;
  /** until the whole answer has arrived, in milliseconds; 30,000 by default */
  readonly timeoutMs?: number;
  /** size limit of the answer in bytes; that of JSON without pictures by default, and that of pictures for files */
  readonly maxBytes?: number;
  /** how often a request without an answer is repeated; 0 by default */
  readonly retries?: number;
};

/** A program that was found at an address. */
export type FoundProgram = {
  readonly models: readonly string[];
  /** why it cannot be used as it is, and what to do */
  readonly problem?: string;
};

type Method = 'GET' | 'POST' | 'PUT';
type Payload = { readonly type: string; readonly bytes: Buffer };
type Answer = { readonly status: number; readonly location: string | undefined; readonly body: Buffer };

const defaultTimeoutMs = 30_000;
/** Less than the 5 s after which uvicorn, the server of most programs, closes an idle connection. */
const idleConnectionMs = 3000;
const maxQuotedCharacters = 200;
/** FastAPI's reasons for a path that it does not have; where something else is missing, programs say more. */
const unknownPathReasons = ['Not Found', 'Method Not Allowed'];

/** An answer with an error status. */
export class RefusedError extends StepsAnimationError {
  constructor(
    code: 'usage' | 'network',
    message: string,
    readonly status: number,
  ) {
    super(code, message);
  }
}

/** Whether an error says that nothing answers, as opposed to a wrong answer. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof StepsAnimationError && error.code === 'network' && error.cause !== undefined;
}

/** The address of a program on this machine that was started with its defaults. */
export function defaultUrlOf({ ports: [port] }: Program): string {
  return `http://127.0.0.1:${port}`;
}

/**
 * HTTP with one program. Not `fetch`, which gives up after five minutes without headers: images may take longer.
 * All methods throw StepsAnimationError: `network` if the program cannot be reached, fails or is another one, `usage`
 * if it refuses the request, `interrupted` if `signal` aborted.
 */
export class HttpClient implements Disposable {
  readonly url: URL;
  readonly #program: Program;
  readonly #agent: Agent;
  readonly #authorization: { readonly authorization?: string };

  /**
   * @param auth `user:password`
   * @throws StepsAnimationError `usage` for an invalid address or login
   */
  constructor(program: Program, url: string, auth?: string) {
    this.#program = program;
    this.url = readAddress(program, url);
    if (auth !== undefined && !auth.includes(':')) {
      throw new StepsAnimationError('usage', `The login of ${program.name} needs a colon: give it as user:password.`);
    }
    this.#authorization = auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
    const AgentOfProtocol = this.url.protocol === 'https:' ? SecureAgent : Agent;
    this.#agent = new AgentOfProtocol({ keepAlive: true, timeout: idleConnectionMs });
  }

  /** The address in messages. */
  get place(): string {
    return this.url.href.replace(/\/$/u, '');
  }

  async get<S extends z.ZodType>(path: string, schema: S, options?: RequestOptions): Promise<z.output<S>> {
    return this.#parse(await this.#send('GET', path, undefined, options), path, schema);
  }

  async post<S extends z.ZodType>(path: string, body: unknown, schema: S, options?: RequestOptions) {
    return this.#parse(await this.#send('POST', path, jsonPayload(body), options), path, schema);
  }

  async put<S extends z.ZodType>(path: string, schema: S, options?: RequestOptions): Promise<z.output<S>> {
    return this.#parse(await this.#send('PUT', path, undefined, options), path, schema);
  }

  async postForm<S extends z.ZodType>(path: string, form: FormData, schema: S, options?: RequestOptions) {
    const encoded = new Response(form);
    const bytes = Buffer.from(await encoded.arrayBuffer());
    const payload = { type: encoded.headers.get('content-type') ?? '', bytes };
    return this.#parse(await this.#send('POST', path, payload, options), path, schema);
  }

  /** As `get`; undefined if the program does not have the path. */
  async getOptional<S extends z.ZodType>(path: string, schema: S, options?: RequestOptions) {
    return this.#parseOptional(await this.#send('GET', path, undefined, options), path, schema);
  }

  /** As `post`; undefined if the program does not have the path. */
  async postOptional<S extends z.ZodType>(path: string, body: unknown, schema: S, options?: RequestOptions) {
    return this.#parseOptional(await this.#send('POST', path, jsonPayload(body), options), path, schema);
  }

  /** A file, which may be missing. */
  async bytes(path: string, options?: RequestOptions): Promise<Buffer> {
    const answer = await this.#send('GET', path, undefined, { maxBytes: maxPictureBytes, ...options });
    if (answer.status >= 300) throw this.#refusal(answer);
    return answer.body;
  }

  /** The error of a program that cannot be reached. */
  unreachable(cause: unknown, reason = reasonOf(cause)): StepsAnimationError {
    const remedy = 'see that it runs, and that the address is right';
    const message = `Cannot reach ${this.#program.name} at ${this.place} (${reason}): ${remedy}.`;
    return new StepsAnimationError('network', message, { cause });
  }

  /** The error of a request that was no longer wanted. */
  stopped(): StepsAnimationError {
    return new StepsAnimationError('interrupted', `Stopped while ${this.#program.name} was asked.`);
  }

  /** The error of a program that does not know a run of ours. */
  lostRun(): StepsAnimationError {
    const reason = 'it was restarted, or its queue was cleared';
    const message = `${this.#program.name} at ${this.place} no longer knows the run: ${reason}. Try again.`;
    return new StepsAnimationError('network', message);
  }

  #parseOptional<S extends z.ZodType>(answer: Answer, path: string, schema: S): z.output<S> | undefined {
    return isMissing(answer) ? undefined : this.#parse(answer, path, schema);
  }

  #parse<S extends z.ZodType>(answer: Answer, path: string, schema: S): z.output<S> {
    const { status, body } = answer;
    const text = body.toString('utf8');
    const json = parseJson(text);
    if (status >= 300) {
      const reason = this.#program.reasonOf(json);
      const isUnknownPath = isMissing(answer) && (reason === undefined || unknownPathReasons.includes(reason));
      throw isUnknownPath ? this.#missingApi(path, status) : this.#refusal(answer);
    }
    const { success, data } = schema.safeParse(json);
    if (success) return data;
    const sign = `to ${path} it says ${JSON.stringify(text.slice(0, 60))}`;
    const message = `What answers at ${this.place} is not ${this.#program.kind}: ${sign}. Check the address.`;
    throw new StepsAnimationError('network', message);
  }

  #missingApi(path: string, status: number): RefusedError {
    const { kind, apiHint = 'check the address' } = this.#program;
    const missing = `no ${new URL(relative(path), this.url).pathname}`;
    return new RefusedError('network', `${this.place} has no API of ${kind} (${missing}): ${apiHint}.`, status);
  }

  #refusal({ status, location, body }: Answer): StepsAnimationError {
    const { name, loginHint } = this.#program;
    if (status < 400) {
      const message = `${this.place} redirects to ${location ?? 'another address'}: give that one.`;
      return new RefusedError('network', message, status);
    }
    const who = `${name.charAt(0).toUpperCase()}${name.slice(1)} at ${this.place}`;
    if (status === 401 || status === 403) {
      return new RefusedError('usage', `${who} requires a login: ${loginHint}.`, status);
    }
    const text = body.toString('utf8');
    const reason = this.#program.reasonOf(parseJson(text)) || text.slice(0, maxQuotedCharacters) || `status ${status}`;
    const said = reason.replace(/\.$/u, '');
    if (status < 500) return new RefusedError('usage', `${who} refuses that: ${said}.`, status);
    return new RefusedError('network', `${who} failed (${status}): ${said}. See its own log.`, status);
  }

  async #send(
    method: Method,
    path: string,
    payload: Payload | undefined,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const { retries = 0, signal } = options;
    if (retries === 0) return await this.#sendOnce(method, path, payload, options);
    return await pRetry(() => this.#sendOnce(method, path, payload, options), {
      ...{ retries, minTimeout: 200, maxTimeout: 2000 },
      shouldRetry: ({ error }) => isUnreachable(error) && !signal?.aborted,
    });
  }

  async #sendOnce(
    method: Method,
    path: string,
    payload: Payload | undefined,
    { signal, timeoutMs = defaultTimeoutMs, maxBytes = maxJsonBytes }: RequestOptions,
  ): Promise<Answer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
      const response = await this.#request(method, path, payload, stop);
      const { statusCode: status = 0, headers } = response;
      return { status, location: headers.location, body: await readBody(response, maxBytes) };
    } catch (cause) {
      if (signal?.aborted) {
        throw this.stopped();
      }
      throw timeout.aborted ? this.unreachable(cause, 'it does not answer in time') : this.unreachable(cause);
    }
  }

  #request(method: Method, path: string, payload: Payload | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const send = this.url.protocol === 'https:' ? requestHttps : requestHttp;
    const content = payload && { 'content-type': payload.type, 'content-length': payload.bytes.length };
    const headers = { ...this.#authorization, ...content };
    return new Promise((resolve, reject) => {
      send(new URL(relative(path), this.url), { method, agent: this.#agent, signal, headers }, resolve)
        .on('error', reject)
        .end(payload?.bytes);
    });
  }

  /** Closes its connections; requests that are waiting for an answer fail. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function readAddress({ name, loginHint, ...program }: Program, text: string): URL {
  const url = /^https?:\/\//iu.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) {
    const example = `http://127.0.0.1:${program.ports[0]}`;
    const message = `${JSON.stringify(text)} is no address of ${name}: give one such as ${example}.`;
    throw new StepsAnimationError('usage', message);
  }
  if (url.username || url.password) {
    throw new StepsAnimationError(
      'usage',
      `The address of ${name} has a login in it, which is not used: ${loginHint}.`,
    );
  }
  url.search = url.hash = '';
  // So that paths are appended to it.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function relative(path: string): string {
  return path.replace(/^\//u, '');
}

function jsonPayload(body: unknown): Payload {
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) };
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = new Error(`its answer is larger than ${maxBytes} bytes`);
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    response.destroy();
    throw tooLarge;
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    length += part.length;
    if (length > maxBytes) throw tooLarge;
    parts.push(part);
  }
  if (!response.complete) throw new Error('its answer was cut off');
  return Buffer.concat(parts);
}

function isMissing({ status }: Answer): boolean {
  return status === 404 || status === 405;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The message is empty where several addresses of a name were tried. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
