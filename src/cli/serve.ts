import { once } from 'node:events';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type DeviceChoice, deviceNames } from '../diffusion/networks/devices.js';
import { StepsAnimationError } from '../errors.js';
import { locateModels } from '../models/models-folders.js';
import type { ServerSettings } from '../service/server.js';
import { version } from '../util/version.js';
import { addHostFlags, type HostFlags, hostChoice } from './host-flags.js';
import { withInterruption } from './interruption.js';

type ServeFlags = HostFlags & {
  readonly port: number;
  readonly listen: string;
  readonly allowHost: readonly string[];
  readonly apiAuth: readonly string[];
  readonly outdir: string;
  readonly model?: string;
  readonly modelsDir?: string;
  readonly device: DeviceChoice;
  readonly logLevel: NonNullable<ServerSettings['logLevel']>;
};

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const satisfies ServeFlags['logLevel'][];
const each = (value: string, before: readonly string[]) => [...before, value];

/** `serve`: the page and the HTTP APIs, until it is stopped. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('open the page and the HTTP APIs on this machine')
    .option('--port <number>', 'port to listen on', portOf, 7870)
    .option(
      '--listen <address>',
      'address to listen on; other than this machine alone only with --api-auth',
      '127.0.0.1',
    )
    .option('--allow-host <name>', 'a further name by which the service may be called, may be repeated', each, [])
    .option('--api-auth <user:password>', 'who may use the service, may be repeated', each, [])
    .option('--outdir <folder>', 'folder below which images and movies go', 'outputs')
    .option('--model <name>', 'model of requests that name none (default: what the first host that answers has)')
    .option('--models-dir <folder>', 'folder of the models that were pulled')
    .addOption(
      new Option('--device <name>', 'what the model runs on; auto is the first of the machine that works')
        .choices(deviceNames)
        .default('auto'),
    )
    .addOption(
      new Option('--log-level <name>', 'what is told on standard error; info has each request')
        .choices(logLevels)
        .default('warn'),
    )
    .addHelpText('after', '\nExample:\n  $ steps-animation serve --listen 0.0.0.0 --api-auth ann:secret')
    .action(serve);
  addHostFlags(command, 'those of that file, and the embedded one');
}

function portOf(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new StepsAnimationError('usage', `--port must be a whole number from 0 to 65535, not ${JSON.stringify(value)}`);
}

async function serve(flags: ServeFlags): Promise<void> {
  // Loaded late: these bring the native libraries with them, which help and errors can do without.
  const { openPool } = await import('../service/hosts/open-pool.js');
  const { openJobService } = await import('../service/job-service.js');
  const { openServer } = await import('../service/server.js');
  const { device, listen, port, logLevel } = flags;
  const outdir = resolve(flags.outdir);
  const { packaged, stored } = locateModels(flags.modelsDir);
  const modelsFolders = [packaged, stored];
  const onMessage = (message: string) => process.stderr.write(`${message}\n`);
  await withInterruption(async (signal) => {
    await using hosts = await openPool({
      choice: flags.host === undefined ? undefined : hostChoice(flags),
      embedded: { modelsFolders, device },
      model: flags.model,
      onMessage,
    });
    await using service = await openJobService({ outdir, hosts, onMessage });
    await using server = await openServer({
      service,
      facts: { version, device, outdir, modelsFolders, hosts },
      ...{ listen, port, logLevel, allowedHosts: flags.allowHost, users: flags.apiAuth },
    });
    console.log(`Steps Animation is at ${server.url}`);
    if (!signal.aborted) await once(signal, 'abort');
    // Requests that wait for a job are answered when the service has ended it.
    await Promise.all([server.close(), service[Symbol.asyncDispose]()]);
  }, 'finishing what is under way');
}
