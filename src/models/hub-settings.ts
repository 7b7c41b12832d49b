import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StepsAnimationError } from '../errors.js';

/** Which hub is spoken to, and as whom. */
export type HubSettings = {
  /** without a slash at its end */
  readonly endpoint: string;
  /** undefined for a stranger */
  readonly token: string | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Takes the settings from the same environment variables and the same file as the hub's own command.
 * https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 * @throws StepsAnimationError `usage` when the user wants to stay offline, or when a value cannot be
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
      'HF_ENDPOINT holds a user name or a password: give it without, and set HF_TOKEN.',
    );
  }
  if (url) return text.replace(/\/+$/, '');
  throw new StepsAnimationError('usage', `HF_ENDPOINT is ${JSON.stringify(text)}: give an address with http or https.`);
}

async function readToken(env: Environment): Promise<string | undefined> {
  const file =
    env.HF_TOKEN_PATH ||
    join(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), 'token');
  const text = env.HF_TOKEN || (await readFile(file, 'utf8').catch(() => ''));
  const token = text.trim();
  if (/^[\x21-\x7e]*$/.test(token)) return token === '' ? undefined : token;
  const place = env.HF_TOKEN ? 'HF_TOKEN' : file;
  throw new StepsAnimationError('usage', `What ${place} holds is no access token: it has characters that none has.`);
}
