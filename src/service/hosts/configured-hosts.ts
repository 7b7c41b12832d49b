import { isDeepStrictEqual } from 'node:util';
import { StepsAnimationError } from '../../errors.js';
import {
  type ConfiguredHost,
  checkIsNew,
  forgetHost,
  nameTaken,
  readConfiguredHosts,
  readOwnHosts,
  rememberHost,
} from '../../hosts/host-config.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import type { HostPool } from './host-pool.js';
import { openConfigured, openOrReport } from './open-pool.js';
import { PooledHost } from './pooled-host.js';

/**
 * Adds a host to the service and to the user's config file. One that cannot be reached is added as unavailable.
 * @throws StepsAnimationError `usage` when the name is taken, or the error of a host that cannot be used
 */
export async function addHost(pool: HostPool, configured: ConfiguredHost): Promise<PooledHost> {
  const { name } = configured;
  if (pool.get(name)) throw nameTaken(name);
  await checkIsNew(name);
  const host = new PooledHost(await openConfigured(configured, {}), pool.retryAfterMs);
  try {
    await host.describe().catch((error) => {
      if (!isUnreachable(error)) throw error;
    });
    await rememberHost(configured);
    // `followConfig` may have found it in the file meanwhile.
    await pool.remove(name);
    pool.add(host);
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
  return host;
}

/**
 * Removes a host from the service and from the user's config file.
 * @throws StepsAnimationError `usage` for one that is not in that file
 */
export async function removeHost(pool: HostPool, name: string): Promise<void> {
  if (!(await readOwnHosts()).some((host) => host.name === name)) {
    throw new StepsAnimationError(
      'usage',
      `The host ${JSON.stringify(name)} was chosen when the service was started: restart the service without it.`,
    );
  }
  await forgetHost(name);
  await pool.remove(name);
}

/**
 * Applies later changes of the config files to the service. Hosts that were left out at the start stay out, and changes
 * of an embedded host are ignored, as it has the settings of the service.
 * @param isBusy whether a host must not be removed now
 * @returns a function to be called before hosts are listed
 */
export async function followConfig(
  pool: HostPool,
  isBusy: (name: string) => boolean,
  onMessage: (message: string) => void,
): Promise<() => Promise<void>> {
  // An unreadable file is reported when hosts are listed.
  let known = await readConfiguredHosts().catch((): readonly ConfiguredHost[] => []);
  let following: Promise<void> | undefined;

  async function follow(): Promise<void> {
    const configured = await readConfiguredHosts();
    const removed = without(known, configured).filter(({ name }) => pool.get(name));
    const kept = removed.filter(({ name }) => isBusy(name) || pool.members.length === 1);
    for (const host of without(removed, kept)) await pool.remove(host.name);
    const added = without(configured, known).filter(({ name }) => !pool.get(name));
    known = [...kept, ...configured.filter(({ name }) => !kept.some((host) => host.name === name))];
    for (const host of added) await open(host);
  }

  async function open(configured: ConfiguredHost): Promise<void> {
    const named = await openOrReport(configured, {}, onMessage);
    if (!named) return;
    const host = new PooledHost(named, pool.retryAfterMs);
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

/** The hosts of the first list that are not in the second one with the same settings, without embedded hosts. */
function without(hosts: readonly ConfiguredHost[], others: readonly ConfiguredHost[]): readonly ConfiguredHost[] {
  return hosts.filter((host) => host.host !== 'embedded' && !others.some((other) => isDeepStrictEqual(host, other)));
}
