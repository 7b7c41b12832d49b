import type { Command } from 'commander';
import type { HostChoice } from '../hosts/open-host.js';

/** Which host makes the images, and how it is reached. */
export type HostFlags = {
  readonly host: string;
  readonly url?: string;
  readonly hostAuth?: string;
  readonly workflow?: string;
};

/** Gives a command the flags that choose a host. */
export function addHostFlags(command: Command): void {
  command
    .option(
      '--host <name>',
      'what makes the images: embedded, comfyui, webui, or a name in steps-animation.config.json (docs/hosts.md)',
      'embedded',
    )
    .option('--url <address>', 'where that host is (default: its usual address on this machine)')
    .option('--host-auth <user:password>', 'login of that host')
    .option('--workflow <file>', 'ComfyUI workflow that makes the images, as saved with Workflow, Export (API)');
}

/** What the flags choose, without what only the embedded host has. */
export function hostChoice({ host, url, hostAuth: auth, workflow }: HostFlags): HostChoice {
  return {
    host,
    ...(url !== undefined && { url }),
    ...(auth !== undefined && { auth }),
    ...(workflow && { workflow }),
  };
}
