import type { EmbeddedHostSettings } from '../../hosts/embedded/host.js';
import { type ConfiguredHost, readConfiguredHosts } from '../../hosts/host-config.js';
import { type HostChoice, openHost } from '../../hosts/open-host.js';
import { generationOptionsSchema } from '../../options/generation-options.js';
import { messageOf } from '../../util/error-message.js';
import { HostPool } from './host-pool.js';
import type { NamedHost } from './pooled-host.js';

type PoolSettings = {
  /** the only host at first; the configured ones and the embedded one if left out */
  readonly choice?: HostChoice | undefined;
  readonly embedded: EmbeddedHostSettings;
  /** the model of requests that name none; it may be a folder */
  readonly model?: string | undefined;
  /** receives why a configured host was left out */
  readonly onMessage: (message: string) => void;
};

/** Opens the hosts of a service; whether they can be reached turns out when they are asked. */
export async function openPool({ choice, embedded, model, onMessage }: PoolSettings): Promise<HostPool> {
  if (choice) return new HostPool([await openNamed(choice.host, { ...choice, embedded })], model);
  const hosts: NamedHost[] = [];
  for (const configured of await readConfiguredHosts()) {
    const host = await openOrReport(configured, embedded, onMessage);
    if (host) hosts.push(host);
  }
  if (!hosts.some(({ kind }) => kind === 'embedded')) {
    hosts.push(await openNamed('embedded', { host: 'embedded', embedded }));
  }
  return new HostPool(hosts, model);
}

/** Opens a configured host; reports why and returns undefined if it cannot be opened. */
export async function openOrReport(
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

/** Opens a configured host. @throws StepsAnimationError as `openHost` */
export async function openConfigured(
  { name, ...configured }: ConfiguredHost,
  embedded: EmbeddedHostSettings,
): Promise<NamedHost> {
  return await openNamed(name, { ...configured, embedded });
}

async function openNamed(name: string, choice: HostChoice): Promise<NamedHost> {
  const host = await openHost(choice);
  const named = { name, kind: host.name, url: choice.url ?? null, host };
  if (host.name !== 'embedded') return named;
  return { ...named, defaultModel: generationOptionsSchema.shape.model.parse(undefined) };
}
