import { resolve } from 'node:path';
import type { Command } from 'commander';
import { StepsAnimationError } from '../errors.js';
import type { FoundHost } from '../hosts/find-hosts.js';
import type { ConfiguredHost } from '../hosts/host-config.js';
import { messageOf } from '../util/error-message.js';
import { withInterruption } from './exit.js';
import { addHostFlags, type HostFlags, hostChoice, hostKind } from './flags.js';
import { printJson, printTable } from './output.js';

/** How long a configured host may take to answer when all are listed. */
const listTimeoutMs = 3000;

type Listed = {
  /** what `--host` calls it */
  readonly name: string;
  readonly host: string;
  readonly url: string | null;
  readonly models: readonly string[] | null;
  /** the command that uses it; null if it cannot be used as it is */
  readonly command: string | null;
  readonly problem: string | null;
};

/** `hosts`: lists, tests, adds and removes programs that generate images. */
export function addHostsCommand(program: Command): void {
  const hosts = program
    .command('hosts')
    .description('list programs that generate images, test them, or give them a name (docs/hosts.md)')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts list');
  hosts
    .command('list')
    .description('list the configured hosts, and look for others on this machine')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts list --json')
    .action(list);
  const test = hosts
    .command('test')
    .description('list the models, samplers and schedulers of a host')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts test --host webui --url http://127.0.0.1:7860');
  addHostFlags(test);
  test.action(tryHost);
  const add = hosts
    .command('add <name>')
    .description('give a host a name for --host; serve uses it too')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts add studio --host webui --url http://studio:7860');
  addHostFlags(add, null);
  add.action(addHost);
  hosts
    .command('remove <name>')
    .description('remove a host that was added')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts remove studio')
    .action(removeHost);
}

async function list({ json = false }: { readonly json?: boolean }): Promise<void> {
  const { findHosts } = await import('../hosts/find-hosts.js');
  const { readConfiguredHosts } = await import('../hosts/host-config.js');
  const { addressOf } = await import('../hosts/host-kinds.js');
  const configured = await readConfiguredHosts();
  const [named, found] = await Promise.all([
    Promise.all(configured.map(ofConfigured)),
    findHosts(configured.map(({ host, url }) => addressOf(host, url))),
  ]);
  const embedded = { name: 'embedded', host: 'embedded', url: null, models: null, problem: null };
  const entries: Listed[] = [{ ...embedded, command: commandFor('embedded') }, ...named, ...found.map(ofFound)];
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

async function ofConfigured({ name, ...choice }: ConfiguredHost): Promise<Listed> {
  const { openHost } = await import('../hosts/open-host.js');
  const listed = { name, host: choice.host, url: choice.url ?? null };
  try {
    await using host = await openHost(choice);
    const { models } = await host.describe(AbortSignal.timeout(listTimeoutMs));
    return { ...listed, models: models.map((model) => model.name), command: commandFor(name), problem: null };
  } catch (error) {
    const isSlow = error instanceof StepsAnimationError && error.code === 'interrupted';
    const problem = isSlow ? `did not answer within ${listTimeoutMs / 1000} s` : messageOf(error);
    return { ...listed, models: null, command: null, problem };
  }
}

function ofFound({ url, kind, models, problem }: FoundHost): Listed {
  const command = problem === undefined ? `${commandFor(kind)} --url ${url}` : null;
  return { name: kind, host: kind, url, models, command, problem: problem ?? null };
}

function commandFor(name: string): string {
  return `steps-animation txt2img "a red apple" --host ${quoted(name)}`;
}

/** Quotes a word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
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

async function addHost(name: string, flags: HostFlags): Promise<void> {
  const { checkOptions } = await import('../options/check-options.js');
  const { newHostSchema, rememberHost } = await import('../hosts/host-config.js');
  const { openHost } = await import('../hosts/open-host.js');
  if (flags.workflow === '-') {
    const message = 'The workflow of a named host is read each time it is used: give a file, not standard input.';
    throw new StepsAnimationError('usage', message);
  }
  const { url, hostAuth: auth } = flags;
  const kind = hostKind(flags);
  const workflow = flags.workflow === undefined ? undefined : resolve(flags.workflow);
  await using host = await openHost(hostChoice({ ...flags, ...(workflow && { workflow }) }));
  const configured = checkOptions(newHostSchema, {
    ...{ name, host: kind },
    ...(url !== undefined && { url }),
    ...(auth !== undefined && { auth }),
    ...(workflow !== undefined && { workflow }),
  });
  await rememberHost(configured);
  process.stdout.write(`Added ${name}: ${commandFor(name)}\n`);
  try {
    await withInterruption((signal) => host.describe(signal), 'stopping');
  } catch (error) {
    process.stderr.write(`It does not answer at the moment: ${messageOf(error)}\n`);
  }
}

async function removeHost(name: string): Promise<void> {
  const { forgetHost, readConfiguredHosts, readOwnHosts } = await import('../hosts/host-config.js');
  if (!(await readOwnHosts()).some((host) => host.name === name)) {
    const isElsewhere = (await readConfiguredHosts()).some((host) => host.name === name);
    const reason = isElsewhere ? 'is in the config file of this folder: remove it there' : 'has not been added';
    throw new StepsAnimationError('usage', `The host ${JSON.stringify(name)} ${reason}.`);
  }
  await forgetHost(name);
  process.stdout.write(`Removed ${name}.\n`);
}
