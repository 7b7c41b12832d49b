import type { Command } from 'commander';
import type { FoundHost } from '../hosts/find-hosts.js';
import type { ConfiguredHost } from '../hosts/host-config.js';
import { addHostFlags, type HostFlags, hostChoice } from './host-flags.js';
import { withInterruption } from './interruption.js';
import { printJson, printTable } from './print.js';

type Listed = {
  /** what `--host` calls it */
  readonly name: string;
  readonly host: string;
  readonly url: string | null;
  readonly models: readonly string[] | null;
  /** that uses it; null where it cannot be used as it is */
  readonly command: string | null;
  readonly problem: string | null;
};

/** `hosts`: what can make images, and whether it does. */
export function addHostsCommand(program: Command): void {
  const hosts = program
    .command('hosts')
    .description('list what can make images, or try one (docs/hosts.md)')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts list');
  hosts
    .command('list')
    .description('list the hosts that are configured, and look for others on this machine')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts list --json')
    .action(list);
  const test = hosts
    .command('test')
    .description('ask a host what it has')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts test --host webui --url http://127.0.0.1:7860');
  addHostFlags(test);
  test.action(tryHost);
}

async function list({ json = false }: { readonly json?: boolean }): Promise<void> {
  const { findHosts } = await import('../hosts/find-hosts.js');
  const { readConfiguredHosts } = await import('../hosts/host-config.js');
  const [configured, found] = await Promise.all([readConfiguredHosts(), findHosts()]);
  const embedded = { name: 'embedded', host: 'embedded', url: null, models: null, problem: null };
  const entries: Listed[] = [
    { ...embedded, command: commandFor('embedded') },
    ...configured.map(ofConfigured),
    ...found.map(ofFound),
  ];
  if (json) {
    for (const entry of entries) printJson(entry);
    return;
  }
  const rows = entries.map(({ name, url, models, command, problem }) => [
    name,
    url ?? '',
    models === null ? '' : models.join(', '),
    problem ?? command ?? '',
  ]);
  printTable([['host', 'address', 'models', 'to use it'], ...rows]);
}

function ofConfigured({ name, host, url }: ConfiguredHost): Listed {
  return { name, host, url: url ?? null, models: null, command: commandFor(name), problem: null };
}

function ofFound({ url, kind, models, problem }: FoundHost): Listed {
  const command = problem === undefined ? `${commandFor(kind)} --url ${url}` : null;
  return { name: kind, host: kind, url, models, command, problem: problem ?? null };
}

function commandFor(name: string): string {
  return `steps-animation txt2img "a red apple" --host ${/\s/.test(name) ? JSON.stringify(name) : name}`;
}

async function tryHost({ json = false, ...flags }: HostFlags & { readonly json?: boolean }): Promise<void> {
  const { openHost } = await import('../hosts/open-host.js');
  await using host = await openHost(hostChoice(flags));
  const description = await withInterruption((signal) => host.describe(signal), 'stopping');
  const { models, samplers, schedulers } = description;
  if (json) {
    printJson({ host: host.name, ...description });
    return;
  }
  printTable([
    ['host', host.name],
    ['models', models.map(({ name }) => name).join(', ')],
    ['samplers', samplers.join(', ')],
    ['schedulers', schedulers.join(', ')],
  ]);
}
