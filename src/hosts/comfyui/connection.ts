import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';

/** Milliseconds for an answer. */
const patience = 30_000;
const shownCharacters = 200;

const refusalSchema = z.object({
  error: z.union([z.string(), z.looseObject({ message: z.string(), details: z.string().default('') })]).optional(),
  node_errors: z
    .record(
      z.string(),
      z.looseObject({
        class_type: z.string().default('a node'),
        errors: z.array(z.looseObject({ message: z.string(), details: z.string().default('') })),
      }),
    )
    .optional()
    .catch(undefined),
});

/** HTTP with one ComfyUI. */
export class ComfyuiConnection {
  readonly #url: URL;

  /** @throws StepsAnimationError `usage` for an address that cannot be */
  constructor(url: string) {
    if (!/^https?:\/\//iu.test(url) || !URL.canParse(url)) {
      const message = `The address ${JSON.stringify(url)} is none of ComfyUI: give one such as http://127.0.0.1:8188.`;
      throw new StepsAnimationError('usage', message);
    }
    this.#url = new URL(url);
    if (!this.#url.pathname.endsWith('/')) this.#url.pathname += '/';
  }

  /** as messages name it */
  get place(): string {
    return this.#url.href.replace(/\/$/u, '');
  }

  /** where the socket of a client is */
  socketAddress(client: string): URL {
    const url = new URL(`ws?clientId=${client}`, this.#url);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url;
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

  /** Gives ComfyUI a picture file and returns the name by which workflows load it. */
  async upload(name: string, png: Buffer, signal?: AbortSignal): Promise<string> {
    const body = new FormData();
    body.append('image', new Blob([new Uint8Array(png)], { type: 'image/png' }), name);
    body.append('type', 'temp');
    const response = await this.#send('upload/image', { method: 'POST', body }, signal);
    const { name: given, subfolder } = await this.#read(
      response,
      z.object({ name: z.string(), subfolder: z.string().default('') }),
    );
    return `${subfolder ? `${subfolder}/` : ''}${given} [temp]`;
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
    const message = `What answers at ${this.place} is no ComfyUI: it says ${shown}. Check the address.`;
    throw new StepsAnimationError('network', message);
  }

  async #refusal(response: Response): Promise<StepsAnimationError> {
    const text = await response.text().catch(() => '');
    const { data } = refusalSchema.safeParse(parse(text));
    const nodes = Object.values(data?.node_errors ?? {}).flatMap(({ class_type: node, errors }) =>
      errors.map(({ message, details }) => `${node}: ${message}${details ? ` (${details})` : ''}`),
    );
    const whole = typeof data?.error === 'object' ? data.error.message : data?.error;
    const said = nodes.join('; ') || whole || text.slice(0, shownCharacters) || response.statusText;
    const message = `ComfyUI at ${this.place} refuses that (${response.status}): ${said}`;
    return new StepsAnimationError(response.status < 500 ? 'usage' : 'network', message);
  }

  async #send(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    const timeout = AbortSignal.timeout(patience);
    try {
      return await fetch(new URL(path, this.#url), {
        ...init,
        signal: AbortSignal.any(signal ? [signal, timeout] : [timeout]),
      });
    } catch (cause) {
      if (signal?.aborted) throw new StepsAnimationError('interrupted', 'Stopped while ComfyUI was asked.');
      const reason = timeout.aborted ? 'it does not answer in time' : reasonOf(cause);
      const remedy = 'see that it runs, and that the address is right';
      const message = `Cannot reach ComfyUI at ${this.place} (${reason}): ${remedy}.`;
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
