import { StepsAnimationError } from '../../errors.js';
import {
  type ConfiguredHost,
  checkIsNew,
  forgetHost,
  nameTaken,
  readOwnHosts,
  rememberHost,
} from '../../hosts/host-config.js';
import { isUnreachable } from '../../hosts/remote/http-client.js';
import type { HostPool } from './host-pool.js';
import { openConfigured } from './open-pool.js';
import { PooledHost } from './pooled-host.js';

/**
 * Adds a host to those of the service, now and for later. One that cannot be reached is added all the same, as one that
 * is away.
 * @throws StepsAnimationError `usage` when the name is taken, or what the host says that cannot be used
 */
export async function addHost(pool: HostPool, configured: ConfiguredHost): Promise<PooledHost> {
  const { name } = configured;
  if (pool.get(name)) throw nameTaken(name);
  await checkIsNew(name);
  const host = new PooledHost(await openConfigured(configured, {}), pool.leftAloneFor);
  try {
    await host.ask().catch((error) => {
      if (!isUnreachable(error)) throw error;
    });
    await rememberHost(configured);
    // Whoever asked for the hosts meanwhile may have found it in the file.
    await pool.remove(name);
    pool.add(host);
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
  return host;
}

/**
 * Takes a host away, now and for later.
 * @throws StepsAnimationError `usage` for one that was not added by `addHost`
 */
export async function removeHost(pool: HostPool, name: string): Promise<void> {
  if (!(await readOwnHosts()).some((host) => host.name === name)) {
    throw new StepsAnimationError(
      'usage',
      `The host ${JSON.stringify(name)} was chosen when the service was started: start it without that one.`,
    );
  }
  await forgetHost(name);
  await pool.remove(name);
}
