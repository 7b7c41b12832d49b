import type { Command } from 'commander';
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

/** Gives a command the flags that choose a host. @param usual what is taken where there is no `--host` */
export function addHostFlags(command: Command, usual: string = usualHost): void {
  command
    .option(
      '--host <name>',
      `what makes the images: ${hostNames.join(', ')}, or a name in steps-animation.config.json (docs/hosts.md) (default: ${usual})`,
    )
    .option('--url <address>', 'where that host is (default: its usual address on this machine)')
    .option('--host-auth <user:password>', 'login of that host')
    .option(
      '--workflow <file>',
      'ComfyUI workflow that makes the images, as saved with Workflow, Export (API); - is standard input',
    );
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
