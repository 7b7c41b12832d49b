import type { EmbeddedHostSettings } from '../../hosts/embedded/host.js';
import { type ConfiguredHost, readConfiguredHosts } from '../../hosts/host-config.js';
import { type HostChoice, openHost } from '../../hosts/open-host.js';
import { generationOptionsSchema } from '../../options/generation-options.js';
import { messageOf } from '../../util/error-message.js';
import { HostPool } from './host-pool.js';
import type { NamedHost } from './pooled-host.js';

export type PoolSettings = {
  /** the only host at first; those that are configured, and the embedded one, if left out */
  readonly choice?: HostChoice | undefined;
  readonly embedded: EmbeddedHostSettings;
  /** the model of requests that name none; it may be the folder of one */
  readonly model?: string | undefined;
  /** told why a host that is configured was left out */
  readonly onMessage: (message: string) => void;
};

/** What the embedded host makes images with where nobody asks for a model. */
const usualModel = generationOptionsSchema.shape.model.parse(undefined);

/** Opens the hosts of a service; whether they are there shows when they are asked. */
export async function openPool({ choice, embedded, model, onMessage }: PoolSettings): Promise<HostPool> {
  if (choice) return new HostPool([await openChoice(choice, embedded)], model);
  const hosts: NamedHost[] = [];
  for (const configured of await readConfiguredHosts()) {
    const host = await openOrTell(configured, embedded, onMessage);
    if (host) hosts.push(host);
  }
  const isThere = hosts.some(({ kind }) => kind === 'embedded');
  return new HostPool(isThere ? hosts : [...hosts, await openChoice({ host: 'embedded' }, embedded)], model);
}

async function openChoice(choice: HostChoice, embedded: EmbeddedHostSettings): Promise<NamedHost> {
  const host = await openHost({ ...choice, embedded });
  return named({ name: choice.host, kind: host.name, url: choice.url ?? null, host });
}

/** Opens a host that has been given a name; undefined, told why, for one that cannot be. */
export async function openOrTell(
  configured: ConfiguredHost,
  embedded: EmbeddedHostSettings,
  onMessage: PoolSettings['onMessage'],
): Promise<NamedHost | undefined> {
  try {
    return await openConfigured(configured, embedded);
  } catch (error) {
    onMessage(`The host ${configured.name} is left out: ${messageOf(error)}`);
    return undefined;
  }
}

/** Opens a host that has been given a name. @throws StepsAnimationError as `openHost` */
export async function openConfigured(
  { name, host: kind, ...settings }: ConfiguredHost,
  embedded: EmbeddedHostSettings,
): Promise<NamedHost> {
  const host = await openHost({ host: kind, ...settings, embedded });
  return named({ name, kind, url: settings.url ?? null, host });
}

function named(host: Omit<NamedHost, 'usualModel'>): NamedHost {
  return host.kind === 'embedded' ? { ...host, usualModel } : host;
}
