import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { Host, HostDescription } from '#src/hosts/host.js';
import { locateModels } from '#src/models/models-folders.js';
import { type JobService, openJobService } from '#src/service/job-service.js';
import { openServer } from '#src/service/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { poolOf } from '../service/open-service.js';

const model = 'emoji';
const known: HostDescription = {
  models: [{ name: model, width: 128, height: 128 }],
  samplers: ['Euler a', 'Euler', 'DDIM'],
  schedulers: ['Automatic', 'Karras'],
};

type Settings = {
  /** default: the embedded model */
  readonly host?: Host;
  readonly browser?: BrowserContextOptions;
  /** whether the page gets what the host describes; default: the models and samplers that tests use */
  readonly asDescribed?: boolean;
};

export type OpenPage = {
  readonly page: Page;
  readonly service: JobService;
  /** can be closed and reopened at the same address while the service keeps running */
  readonly server: { close(): Promise<void>; reopen(): Promise<void> };
  /** of the server, with a trailing slash */
  readonly url: string;
  /** errors of the browser and requests to other servers; must be empty at the end of the test */
  readonly browserErrors: string[];
};

/** Limits the models, samplers and schedulers of a host to those that the tests use. */
function limited(host: Host): Host {
  return {
    name: host.name,
    describe: async () => known,
    check: async (request) => await host.check?.(request),
    prepare: (request) => host.prepare?.(request),
    generate: (...args) => host.generate(...args),
  };
}

/** Opens the page in Chromium, with a service of its own. */
export async function openPage(settings: Settings = {}): Promise<OpenPage> {
  const host = settings.host ?? embedded();
  const outdir = await temporaryFolder();
  const hosts = poolOf(settings.asDescribed ? host : limited(host));
  const service = await openJobService({ outdir, hosts });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const { packaged, stored } = locateModels();
  const serviceInfo = { version: '0', device: 'cpu', outdir, modelsFolders: [packaged, stored], hosts };
  const open = (port: number) => openServer({ service, serviceInfo, port, logLevel: 'silent' });
  let server = await open(0);
  onTestFinished(() => server.close());
  const { url } = server;
  const reopen = async () => {
    server = await open(Number(new URL(url).port));
  };
  const { page, browserErrors } = await browse(url, settings.browser);
  await page.goto(url);
  return { page, service, server: { close: () => server.close(), reopen }, url, browserErrors };
}

function embedded(): Host {
  const host = createEmbeddedHost();
  onTestFinished(() => host[Symbol.asyncDispose]());
  return host;
}

async function browse(url: string, options: BrowserContextOptions = {}) {
  const browser = await launchChromium();
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const browserErrors: string[] = [];
  onTestFinished(() => expect(browserErrors).toEqual([]));
  page.on('pageerror', ({ message }) => browserErrors.push(message));
  page.on('console', (message) => {
    // A job may end before its newest preview is fetched.
    const isLatePreview = message.location().url.includes('/preview?');
    if (message.type() === 'error' && !isLatePreview) browserErrors.push(`${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(?:data|blob):/u.test(address))
      browserErrors.push(`request to another server: ${address}`);
  });
  return { page, browserErrors };
}

/** Starts the Chromium of find-chromium.ts; it is closed after the test. */
async function launchChromium(): Promise<Browser> {
  const { CHROMIUM: executablePath } = process.env;
  if (!executablePath) throw new Error('CHROMIUM is not set, so find-chromium.ts did not run.');
  // In containers, tests run as root, for which Chromium has no sandbox.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  return browser;
}
