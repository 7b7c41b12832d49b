import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as SecureAgent } from 'node:https';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';

export type WebuiAddress = {
  /** http or https, with the path below which the web UI is */
  readonly url: string;
  /** `user:password`, as after the web UI's `--api-auth` */
  readonly auth: string | undefined;
};

type Asking = {
  readonly signal?: AbortSignal;
  /** until the whole answer is there; no limit if left out */
  readonly milliseconds?: number;
};

type Answer = { readonly status: number; readonly text: string };

/** Bytes; pictures in base64 are the largest answers. */
const mostBytes = 512 * 2 ** 20;
const shownCharacters = 60;

/**
 * HTTP with one web UI, in JSON. Not `fetch`: that gives up after five minutes without an answer, and images may take
 * longer.
 */
export class WebuiConnection implements Disposable {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;

  /** @throws StepsAnimationError `usage` for an address or a login that cannot be */
  constructor({ url, auth }: WebuiAddress) {
    this.#url = readAddress(url);
    if (auth !== undefined && !auth.includes(':')) {
      throw new StepsAnimationError('usage', 'The login of a web UI is given as user:password, with a colon.');
    }
    this.#agent = new (this.#url.protocol === 'https:' ? SecureAgent : Agent)({ keepAlive: true });
    const credentials = auth === undefined ? undefined : Buffer.from(auth).toString('base64');
    this.#headers = credentials === undefined ? {} : { authorization: `Basic ${credentials}` };
  }

  /** as messages name it */
  get place(): string {
    return this.#url.href.replace(/\/$/, '');
  }

  /** @throws StepsAnimationError `network` or `usage`, saying what to do */
  async get<S extends z.ZodType>(path: string, schema: S, asking: Asking = {}): Promise<z.output<S>> {
    return this.#read(await this.#send('GET', path, undefined, asking), path, schema);
  }

  async post<S extends z.ZodType>(path: string, body: unknown, schema: S, asking: Asking = {}): Promise<z.output<S>> {
    return this.#read(await this.#send('POST', path, body, asking), path, schema);
  }

  /** The same for what not every web UI has: undefined where there is no such path. */
  async getIfThere<S extends z.ZodType>(path: string, schema: S, asking: Asking = {}) {
    return this.#readIfThere(await this.#send('GET', path, undefined, asking), path, schema);
  }

  async postIfThere<S extends z.ZodType>(path: string, body: unknown, schema: S, asking: Asking = {}) {
    return this.#readIfThere(await this.#send('POST', path, body, asking), path, schema);
  }

  #readIfThere<S extends z.ZodType>(answer: Answer, path: string, schema: S): z.output<S> | undefined {
    return answer.status === 404 || answer.status === 405 ? undefined : this.#read(answer, path, schema);
  }

  #read<S extends z.ZodType>({ status, text }: Answer, path: string, schema: S): z.output<S> {
    const json = parse(text);
    if (status >= 400) throw this.#refusal(status, json, text);
    const { success, data } = schema.safeParse(json);
    if (success) return data;
    const shown = JSON.stringify(text.slice(0, shownCharacters));
    throw new StepsAnimationError(
      'network',
      `What answers at ${this.place} is no web UI: to ${path} it says ${shown}. Give the address of AUTOMATIC1111's web UI or Forge.`,
    );
  }

  #refusal(status: number, json: unknown, text: string): StepsAnimationError {
    const reason = reasonOf(json);
    if (status === 401 || status === 403) {
      const remedy = 'give the login after its --api-auth with --host-auth user:password';
      return new StepsAnimationError('usage', `The web UI at ${this.place} wants a login: ${remedy}.`);
    }
    if ([404, 405].includes(status) && (reason === undefined || ['Not Found', 'Method Not Allowed'].includes(reason))) {
      const message = `${this.place} has no API of a web UI: start AUTOMATIC1111's web UI or Forge with --api, or check the address.`;
      return new StepsAnimationError('network', message);
    }
    const said = reason?.replace(/\.$/u, '') ?? JSON.stringify(text.slice(0, shownCharacters));
    if (status < 500) return new StepsAnimationError('usage', `The web UI at ${this.place} refuses that: ${said}.`);
    const remedy = 'Its own window tells more.';
    return new StepsAnimationError('network', `The web UI at ${this.place} failed (${status}): ${said}. ${remedy}`);
  }

  async #send(method: string, path: string, body: unknown, asking: Asking): Promise<Answer> {
    const { signal, milliseconds } = asking;
    const timeout = milliseconds === undefined ? undefined : AbortSignal.timeout(milliseconds);
    const stops = [signal, timeout].filter((stop) => stop !== undefined);
    try {
      return await this.#exchange(method, path, body, AbortSignal.any(stops));
    } catch (cause) {
      if (signal?.aborted) throw new StepsAnimationError('interrupted', 'Stopped while the web UI was asked.');
      const reason = timeout?.aborted ? 'it does not answer in time' : messageOf(cause);
      const remedy = 'see that it runs, and that the address is right';
      throw new StepsAnimationError('network', `Cannot reach the web UI at ${this.place} (${reason}): ${remedy}.`, {
        cause,
      });
    }
  }

  async #exchange(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    const request = this.#url.protocol === 'https:' ? requestHttps : requestHttp;
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = payload && { 'content-type': 'application/json', 'content-length': payload.length };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const url = new URL(path.replace(/^\//, ''), this.#url);
      const options = { method, agent: this.#agent, signal, headers: { ...this.#headers, ...headers } };
      request(url, options, resolve).on('error', reject).end(payload);
    });
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of response) {
      length += part.length;
      if (length > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
      parts.push(part);
    }
    if (!response.complete) throw new Error('its answer was cut off');
    return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function readAddress(text: string): URL {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) {
    const message = `The address ${JSON.stringify(text)} is none of a web UI: give one such as http://127.0.0.1:7860.`;
    throw new StepsAnimationError('usage', message);
  }
  if (url.username || url.password) {
    throw new StepsAnimationError('usage', 'The address holds a login: give that with --host-auth user:password.');
  }
  url.search = url.hash = '';
  // Paths are put behind it.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const complaintSchema = z.object({ loc: z.array(z.union([z.string(), z.number()])).default([]), msg: z.string() });
const refusalSchema = z.object({
  detail: z
    .union([z.string(), z.array(complaintSchema), z.null()])
    .optional()
    .catch(undefined),
  errors: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
});

/** What a web UI says that is wrong: the error itself, and FastAPI's complaints about fields. */
function reasonOf(json: unknown): string | undefined {
  const { data } = refusalSchema.safeParse(json);
  if (!data) return undefined;
  const { detail, errors, error } = data;
  if (Array.isArray(detail)) return detail.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ');
  return detail || [error, errors].filter(Boolean).join(': ') || undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Where several addresses were tried, the message is empty.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
