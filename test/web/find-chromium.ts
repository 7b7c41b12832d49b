import { existsSync } from 'node:fs';

/** Where Debian has it. */
const installed = '/usr/bin/chromium';

/**
 * Says in CHROMIUM which browser tests take, unless it is said already: the machine's own, or else the one from npm.
 * That one is unpacked here, once, because workers that did it at the same time would disturb each other.
 */
export default async function findChromium(): Promise<void> {
  process.env.CHROMIUM ??= existsSync(installed) ? installed : await unpack();
}

async function unpack(): Promise<string> {
  const { default: chromium } = await import('@sparticuz/chromium');
  return await chromium.executablePath();
}
