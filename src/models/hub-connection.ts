import { StepsAnimationError } from '../errors.js';
import type { HubSettings } from './hub-settings.js';
import type { Repository } from './repository.js';

/**
 * A `fetch` for one repository: it sends the token, to the hub alone, and turns every answer that is none into a
 * StepsAnimationError: `network` where another try may help, `input` where it cannot.
 */
export function createHubFetch(settings: HubSettings, repository: Repository, signal?: AbortSignal): typeof fetch {
  const { endpoint, token } = settings;
  const { origin } = new URL(endpoint);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    if (token !== undefined && url.origin === origin) headers.set('authorization', `Bearer ${token}`);
    const stop = init?.signal ?? signal ?? null;
    const response = await fetch(url, { ...init, headers, signal: stop }).catch((cause: unknown) => {
      stop?.throwIfAborted();
      throw disconnected(url, cause);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw refusal(response, settings, repository);
  };
}

/** The error for a connection that could not be made or broke. */
export function disconnected(url: string | URL, cause: unknown): StepsAnimationError {
  return new StepsAnimationError(
    'network',
    `The connection to ${new URL(url).origin} failed (${reasonOf(cause)}): check the network and HF_ENDPOINT, then pull again; what has come is kept.`,
    { cause },
  );
}

/** `fetch` itself says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name;
}

function refusal(response: Response, { endpoint, token }: HubSettings, { name, revision }: Repository) {
  const { status } = response;
  // https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/utils/_http.py
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
  if (status === 403) return input(`You have no right to read ${name}: ask for it at ${page}, and ${login}.`);
  const what = `${new URL(response.url).host} answers ${status} ${response.statusText}`.trim();
  return new StepsAnimationError('network', `${what}: try again later; what has come is kept.`);
}
