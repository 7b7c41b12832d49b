import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import type { Repository } from './repository.js';

/** The hub to connect to. */
type HubSettings = {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** Access token; undefined for anonymous access. */
  readonly token: string | undefined;
};

/** How long a hub may send nothing, in milliseconds: then the connection is made again. */
const maxSilenceMs = 60_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the same environment variables and token file as the hub's own command (huggingface_hub's
 * HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_OFFLINE).
 * @throws StepsAnimationError `usage` when HF_HUB_OFFLINE is set, or a value is invalid
 */
export async function readHubSettings(env: Environment): Promise<HubSettings> {
  if (/^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? '')) {
    throw new StepsAnimationError('usage', 'HF_HUB_OFFLINE is set, so nothing is downloaded: unset it to pull models.');
  }
  return { endpoint: readEndpoint(env.HF_ENDPOINT || 'https://huggingface.co'), token: await readToken(env) };
}

function readEndpoint(text: string): string {
  const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    throw new StepsAnimationError(
      'usage',
      'HF_ENDPOINT contains a user name or a password: remove them, and set HF_TOKEN instead.',
    );
  }
  if (url) return text.replace(/\/+$/, '');
  throw new StepsAnimationError(
    'usage',
    `HF_ENDPOINT is ${JSON.stringify(text)}: set it to an address with http or https.`,
  );
}

async function readToken(env: Environment): Promise<string | undefined> {
  const file =
    env.HF_TOKEN_PATH ||
    join(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), 'token');
  const text = env.HF_TOKEN || (await readFile(file, 'utf8').catch(() => ''));
  const token = text.trim();
  if (/^[\x21-\x7e]*$/.test(token)) return token === '' ? undefined : token;
  const place = env.HF_TOKEN ? 'HF_TOKEN' : file;
  throw new StepsAnimationError('usage', `${place} does not contain an access token: it has invalid characters.`);
}

/**
 * A `fetch` for one repository. It sends the token to the hub only, and throws for every response that is not ok.
 * @returns the fetch function; it throws StepsAnimationError `network` when a retry may help, `input` when not
 */
export function createHubFetch(settings: HubSettings, repository: Repository, signal: AbortSignal): typeof fetch {
  const { endpoint, token } = settings;
  const { origin } = new URL(endpoint);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (token !== undefined && url.origin === origin) headers.set('authorization', `Bearer ${token}`);
    const stop = init?.signal ?? signal;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error('nothing came for a minute')), maxSilenceMs).unref();
    const either = AbortSignal.any([stop, silence.signal]);
    const response = await fetch(url, { ...init, headers, signal: either }).catch((cause: unknown) => {
      clearTimeout(timer);
      stop.throwIfAborted();
      throw connectionError(url, cause);
    });
    if (response.ok)
      return observed(
        response,
        () => timer.refresh(),
        () => clearTimeout(timer),
      );
    clearTimeout(timer);
    await response.body?.cancel();
    throw responseError(response, settings, repository);
  };
}

/** The same response, whose reader is observed: `onChunk` is called with the size of each part, `onEnd` at the end. */
export function observed(response: Response, onChunk: (bytes: number) => void, onEnd = () => {}): Response {
  const observer = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onChunk(chunk.length);
      controller.enqueue(chunk);
    },
    flush: onEnd,
  });
  const { status, statusText, headers } = response;
  return new Response(response.body?.pipeThrough(observer) ?? null, { status, statusText, headers });
}

/** The error for a connection that could not be made or broke. */
export function connectionError(url: string | URL, cause: unknown): StepsAnimationError {
  return new StepsAnimationError(
    'network',
    `The connection to ${new URL(url).origin} failed (${reasonOf(cause)}): check the network and HF_ENDPOINT, then pull again; what has been downloaded is kept.`,
    { cause },
  );
}

/** The innermost cause: `fetch` itself says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}

function responseError(response: Response, { endpoint, token }: HubSettings, { name, revision }: Repository) {
  const { status } = response;
  // The hub's error codes, as in huggingface_hub's utils/_http.py.
  const code = response.headers.get('x-error-code');
  const page = `${endpoint}/${name}`;
  const login = 'set HF_TOKEN to an access token of your account, or log in with "hf auth login"';
  const input = (message: string) => new StepsAnimationError('input', message);
  if (code === 'GatedRepo') return input(`${name} is gated: accept its terms at ${page}, and ${login}.`);
  if (code === 'RevisionNotFound') {
    return input(`${name} has no revision "${revision ?? 'main'}": ${page} lists its branches.`);
  }
  if (status === 404) return input(`There is no model ${name} at ${endpoint}: check the name.`);
  if (status === 401 && token !== undefined && code !== 'RepoNotFound') {
    return input(`${endpoint} does not accept the access token: check HF_TOKEN, or log in with "hf auth login".`);
  }
  if (status === 401) return input(`There is no public model ${name}: check the name; for a private one, ${login}.`);
  if (status === 403) {
    return input(`Your account has no permission to read ${name}: request access at ${page}, and ${login}.`);
  }
  const what = `${new URL(response.url).host} answers ${status} ${response.statusText}`.trim();
  return new StepsAnimationError('network', `${what}: try again later; what has been downloaded is kept.`);
}
