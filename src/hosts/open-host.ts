import { StepsAnimationError } from '../errors.js';
import type { Host } from './host.js';
import { readConfiguredHosts } from './host-config.js';
import { type HostSettings, hostKinds, hostNames } from './host-kinds.js';

/** A host by its name, and settings for it. */
export type HostChoice = HostSettings & {
  /** a kind of host, or the name of one in `steps-animation.config.json` */
  readonly host: string;
};

/**
 * Opens a host by its name, without a connection: whether it can be reached shows with its first request.
 * @param choice its settings take precedence over those of the config file
 * @throws StepsAnimationError `usage` for an unknown name or a setting that the host does not take, `input` for an
 *   invalid config file
 *
 * @example
 * ```ts
 * await using host = await openHost({ host: 'webui', url: 'http://127.0.0.1:7860' });
 * await animate({ host, request: { prompt: 'a red apple', steps: 20 }, outdir: 'outputs' });
 * ```
 */
export async function openHost({ host: name, ...given }: HostChoice): Promise<Host & AsyncDisposable> {
  const { host, settings } = hostNames.includes(name)
    ? { host: name, settings: given }
    : await configuredHost(name, given);
  const kind = hostKinds[host];
  if (!kind) throw new StepsAnimationError('usage', `There is no host ${JSON.stringify(host)}.`);
  for (const setting of ['url', 'auth', 'workflow'] as const) {
    if (settings[setting] === undefined || kind.takes.includes(setting)) continue;
    const flag = setting === 'auth' ? '--host-auth' : `--${setting}`;
    throw new StepsAnimationError(
      'usage',
      `The host ${host} takes no ${flag}: leave it out, or choose another --host.`,
    );
  }
  return await kind.open(settings);
}

async function configuredHost(name: string, given: HostSettings) {
  const configured = await readConfiguredHosts();
  const found = configured.find((each) => each.name === name);
  if (found) {
    const { name: _, host, ...settings } = found;
    return { host, settings: { ...settings, ...given } };
  }
  const names = [...hostNames, ...configured.map((each) => each.name)].join(', ');
  const message = `There is no host ${JSON.stringify(name)}; choose one of: ${names}. "steps-animation hosts list" looks for others.`;
  throw new StepsAnimationError('usage', message);
}
