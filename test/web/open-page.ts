import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { Host, HostDescription } from '#src/hosts/host.js';
import { locateModels } from '#src/models/models-folders.js';
import type { JobService } from '#src/service/job.js';
import { openJobService } from '#src/service/job-service.js';
import { openServer } from '#src/service/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { poolOf } from '../service/open-service.js';
import { launchChromium } from './chromium.js';

const model = 'emoji';
const known: HostDescription = {
  models: [{ name: model, width: 128, height: 128 }],
  samplers: ['Euler a', 'Euler', 'DDIM'],
  schedulers: ['Automatic', 'Karras'],
};

type Settings = {
  /** the embedded model if left out */
  readonly host?: Host;
  readonly browser?: BrowserContextOptions;
};

export type OpenPage = {
  readonly page: Page;
  readonly service: JobService;
  /** can go away and come back at the same address, while the service goes on */
  readonly server: { close(): Promise<void>; reopen(): Promise<void> };
  /** of the server, with a slash at the end */
  readonly url: string;
  /** what browsers complain of; it must be empty when the test ends */
  readonly troubles: string[];
};

/** A host that has no more to choose from than the tests know of. */
function limited(host: Host): Host {
  return {
    name: host.name,
    describe: async () => known,
    check: async (request) => await host.check?.(request),
    prepare: (request) => host.prepare?.(request),
    generate: (...args) => host.generate(...args),
  };
}

/** The page in Chromium, with a service of its own behind it. */
export async function openPage(settings: Settings = {}): Promise<OpenPage> {
  const host = settings.host ?? embedded();
  const outdir = await temporaryFolder();
  const hosts = poolOf(limited(host));
  const service = await openJobService({ outdir, hosts });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const { packaged, stored } = locateModels();
  const facts = { version: '0', device: 'cpu', outdir, modelsFolders: [packaged, stored], hosts };
  const open = (port: number) => openServer({ service, facts, port, logLevel: 'silent' });
  let server = await open(0);
  onTestFinished(() => server.close());
  const { url } = server;
  const reopen = async () => {
    server = await open(Number(new URL(url).port));
  };
  const { page, troubles } = await browse(url, settings.browser);
  await page.goto(url);
  return { page, service, server: { close: () => server.close(), reopen }, url, troubles };
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
  const troubles: string[] = [];
  onTestFinished(() => expect(troubles).toEqual([]));
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (message) => {
    // A run may end before its newest preview is asked for.
    const isLatePreview = message.location().url.includes('/preview?');
    if (message.type() === 'error' && !isLatePreview) troubles.push(`${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(?:data|blob):/u.test(address)) troubles.push(`elsewhere: ${address}`);
  });
  return { page, troubles };
}
