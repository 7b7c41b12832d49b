import { resolve } from 'node:path';
import type { Command } from 'commander';
import { StepsAnimationError } from '../errors.js';
import type { FoundHost } from '../hosts/find-hosts.js';
import type { ConfiguredHost } from '../hosts/host-config.js';
import { messageOf } from '../util/error-message.js';
import { addHostFlags, type HostFlags, hostChoice, hostKind } from './host-flags.js';
import { withInterruption } from './interruption.js';
import { printJson, printTable } from './print.js';

/** Milliseconds for a host with a name to say what it has, when all are listed. */
const patience = 3000;

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

/** `hosts`: what can make images, and whether it does; which of them have a name. */
export function addHostsCommand(program: Command): void {
  const hosts = program
    .command('hosts')
    .description('list what can make images, try it, or give it a name (docs/hosts.md)')
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
  const add = hosts
    .command('add <name>')
    .description('give a host a name for --host, by which serve takes it, too')
    .addHelpText('after', '\nExample:\n  $ steps-animation hosts add studio --host webui --url http://studio:7860');
  addHostFlags(add, null);
  add.action(addHost);
  hosts
    .command('remove <name>')
    .description('forget a host that was added')
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
    const { models } = await host.describe(AbortSignal.timeout(patience));
    return { ...listed, models: models.map((model) => model.name), command: commandFor(name), problem: null };
  } catch (error) {
    const isSlow = error instanceof StepsAnimationError && error.code === 'interrupted';
    const problem = isSlow ? `did not answer within ${patience / 1000} s` : messageOf(error);
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

/** As one word of a shell, whatever is in it. */
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
  const { configuredHostSchema, rememberHost } = await import('../hosts/host-config.js');
  const { openHost } = await import('../hosts/open-host.js');
  if (flags.workflow === '-') {
    const message = 'The workflow of a host with a name is read whenever it is used: give a file, not standard input.';
    throw new StepsAnimationError('usage', message);
  }
  const { url, hostAuth: auth } = flags;
  const kind = hostKind(flags);
  const workflow = flags.workflow === undefined ? undefined : resolve(flags.workflow);
  await using host = await openHost(hostChoice({ ...flags, ...(workflow && { workflow }) }));
  const configured = checkOptions(configuredHostSchema, {
    ...{ name, host: kind },
    ...(url !== undefined && { url }),
    ...(auth !== undefined && { auth }),
    ...(workflow !== undefined && { workflow }),
  });
  await rememberHost(configured);
  process.stdout.write(`${name} is added: ${commandFor(name)}\n`);
  try {
    await withInterruption((signal) => host.describe(signal), 'stopping');
  } catch (error) {
    process.stderr.write(`It does not answer now: ${messageOf(error)}\n`);
  }
}

async function removeHost(name: string): Promise<void> {
  const { forgetHost, readConfiguredHosts, readOwnHosts } = await import('../hosts/host-config.js');
  if (!(await readOwnHosts()).some((host) => host.name === name)) {
    const isElsewhere = (await readConfiguredHosts()).some((host) => host.name === name);
    const reason = isElsewhere ? 'is in the config file of this folder: take it out there' : 'has not been added';
    throw new StepsAnimationError('usage', `The host ${JSON.stringify(name)} ${reason}.`);
  }
  await forgetHost(name);
  process.stdout.write(`${name} is forgotten.\n`);
}
