import type { Command } from 'commander';
import { StepsAnimationError } from '../errors.js';
import { hostNames } from '../hosts/host-kinds.js';
import type { HostChoice } from '../hosts/open-host.js';

/** Which host makes the images, and how it is reached. */
export type HostFlags = {
  readonly host?: string;
  readonly url?: string;
  readonly hostAuth?: string;
  readonly workflow?: string;
};

const usualHost = 'embedded';

/**
 * Gives a command the flags that choose a host.
 * @param usual what is taken where there is no `--host`; null where it names the kind of a new host
 */
export function addHostFlags(command: Command, usual: string | null = usualHost): void {
  const kinds = hostNames.join(', ');
  command
    .option(
      '--host <name>',
      usual === null
        ? `what kind of host it is: ${kinds} (docs/hosts.md)`
        : `what makes the images: ${kinds}, or a name in steps-animation.config.json (docs/hosts.md) (default: ${usual})`,
    )
    .option('--url <address>', 'where that host is (default: its usual address on this machine)')
    .option('--host-auth <user:password>', 'login of that host')
    .option(
      '--workflow <file>',
      'ComfyUI workflow that makes the images, as saved with Workflow, Export (API); - is standard input',
    );
}

/** @throws StepsAnimationError `usage` unless `--host` names a kind of host */
export function hostKind({ host }: HostFlags): string {
  if (host !== undefined && hostNames.includes(host)) return host;
  const wrong = host === undefined ? '--host is missing: it' : '--host';
  const given = host === undefined ? '' : `, not ${JSON.stringify(host)}`;
  throw new StepsAnimationError('usage', `${wrong} must be one of ${hostNames.join(', ')}${given}.`);
}

/** What the flags choose, without what only the embedded host has. */
export function hostChoice({ host = usualHost, url, hostAuth: auth, workflow }: HostFlags): HostChoice {
  return {
    host,
    ...(url !== undefined && { url }),
    ...(auth !== undefined && { auth }),
    ...(workflow && { workflow }),
  };
}
