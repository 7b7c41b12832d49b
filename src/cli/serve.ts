import { once } from 'node:events';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { locateModels } from '../models/models-folders.js';
import type { OnRestart } from '../service/job-service.js';
import type { ServerSettings } from '../service/server.js';
import { version } from '../util/version.js';
import { withInterruption } from './exit.js';
import {
  addHostFlags,
  deviceOption,
  type EmbeddedFlags,
  type HostFlags,
  hostChoice,
  modelsDirOption,
  outdirOption,
  wholeNumber,
} from './flags.js';

type ServeFlags = HostFlags &
  EmbeddedFlags & {
    readonly port: number;
    readonly listen: string;
    readonly allowHost: readonly string[];
    readonly apiAuth: readonly string[];
    readonly trustProxy: readonly string[];
    readonly outdir: string;
    readonly model?: string;
    readonly keepJobs: number;
    readonly onRestart: OnRestart;
    readonly logLevel: NonNullable<ServerSettings['logLevel']>;
  };

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const satisfies ServeFlags['logLevel'][];
const each = (value: string, before: readonly string[]) => [...before, value];

/** `serve`: serves the page and the HTTP APIs until it is stopped. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('serve the page and the HTTP APIs')
    .option('--port <number>', 'port to listen on', wholeNumber('--port', 0, 65_535), 7870)
    .option('--listen <address>', 'address to listen on; any other than this machine needs --api-auth', '127.0.0.1')
    .option('--allow-host <name>', 'another host name of the service; may be repeated', each, [])
    .option('--api-auth <user:password>', 'a user of the service; may be repeated', each, [])
    .option('--trust-proxy <address>', 'a proxy that names its clients in X-Forwarded-For; may be repeated', each, [])
    .addOption(outdirOption())
    .option('--model <name>', 'model of requests that name none (default: that of the first host that answers)')
    .addOption(modelsDirOption())
    .addOption(deviceOption())
    .option(
      '--keep-jobs <number>',
      'how many jobs that have ended stay listed; older ones are forgotten, their files stay',
      wholeNumber('--keep-jobs', 1, 1_000_000),
      10_000,
    )
    .addOption(
      new Option('--on-restart <what>', 'what happens to jobs that were running when the service was killed')
        .choices(['resume', 'interrupt'] satisfies OnRestart[])
        .default('resume'),
    )
    .addOption(
      new Option('--log-level <name>', 'what is logged to standard error; info includes each request')
        .choices(logLevels)
        .default('warn'),
    )
    .addHelpText('after', '\nExample:\n  $ steps-animation serve --listen 0.0.0.0 --api-auth ann:secret')
    .action(serve);
  addHostFlags(command, 'the hosts of that file, and embedded');
}

/** The service ends this long after it was told to, whatever does not end by itself. */
const maxStopMs = 9500;

async function serve(flags: ServeFlags): Promise<void> {
  // Imported here, as they load native libraries, which help and errors do not need.
  const { openPool } = await import('../service/hosts/open-pool.js');
  const { openJobService } = await import('../service/job-service.js');
  const { openServer } = await import('../service/server.js');
  const { device, listen, port, logLevel, keepJobs, onRestart } = flags;
  const outdir = resolve(flags.outdir);
  const { packaged, stored } = locateModels(flags.modelsDir);
  const modelsFolders = [packaged, stored];
  const onMessage = (message: string) => process.stderr.write(`${message}\n`);
  await withInterruption(async (signal) => {
    signal.addEventListener('abort', () => setTimeout(() => process.exit(), maxStopMs).unref());
    await using hosts = await openPool({
      choice: flags.host === undefined ? undefined : hostChoice(flags),
      embedded: { modelsFolders, device },
      model: flags.model,
      onMessage,
    });
    await using service = await openJobService({ outdir, hosts, keepJobs, onRestart, onMessage });
    await using server = await openServer({
      service,
      serviceInfo: { version, device, outdir, modelsFolders, hosts },
      ...{
        listen,
        port,
        logLevel,
        allowedHosts: flags.allowHost,
        trustedProxies: flags.trustProxy,
        users: flags.apiAuth,
      },
    });
    console.log(`Steps Animation is at ${server.url}`);
    if (!signal.aborted) await once(signal, 'abort');
    // Requests that wait for a job are answered once the service has ended it.
    await Promise.all([server.close(), service[Symbol.asyncDispose]()]);
  }, 'finishing the current work');
}
