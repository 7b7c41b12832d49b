import { isDeepStrictEqual } from 'node:util';
import { type ConfiguredHost, readConfiguredHosts } from '../../hosts/host-config.js';
import type { HostPool } from './host-pool.js';
import { openOrTell } from './open-pool.js';
import { PooledHost } from './pooled-host.js';

/**
 * Lets a service follow what others change in the config files from now on. What was left out when it was started stays
 * out, and so do changes of an embedded host, which has settings of the service.
 * @param isAtWork tells of a host that is not to be taken away now
 * @returns to be called before the hosts are told
 */
export async function followConfig(
  pool: HostPool,
  isAtWork: (name: string) => boolean,
  onMessage: (message: string) => void,
): Promise<() => Promise<void>> {
  // A file that cannot be read is told of when the hosts are asked for.
  let known = await readConfiguredHosts().catch((): readonly ConfiguredHost[] => []);
  let following: Promise<void> | undefined;

  async function follow(): Promise<void> {
    const configured = await readConfiguredHosts();
    const gone = without(known, configured).filter(({ name }) => pool.get(name));
    const kept = gone.filter(({ name }) => isAtWork(name) || pool.members.length === 1);
    for (const host of without(gone, kept)) await pool.remove(host.name);
    const added = without(configured, known).filter(({ name }) => !pool.get(name));
    known = [...kept, ...configured.filter(({ name }) => !kept.some((host) => host.name === name))];
    for (const host of added) await open(host);
  }

  async function open(configured: ConfiguredHost): Promise<void> {
    const named = await openOrTell(configured, {}, onMessage);
    if (!named) return;
    const host = new PooledHost(named, pool.leftAloneFor);
    if (pool.get(host.name)) await host[Symbol.asyncDispose]();
    else pool.add(host);
  }

  return async () => {
    following ??= follow().finally(() => {
      following = undefined;
    });
    await following;
  };
}

/** Those of the one list that the other does not have as they are, without embedded hosts. */
function without(hosts: readonly ConfiguredHost[], others: readonly ConfiguredHost[]): readonly ConfiguredHost[] {
  return hosts.filter((host) => host.host !== 'embedded' && !others.some((other) => isDeepStrictEqual(host, other)));
}
