import { existsSync } from 'node:fs';

/** Path of Debian's package. */
const installed = '/usr/bin/chromium';

/**
 * Sets CHROMIUM to the browser that tests use, unless it is set: the installed one, or else the one of the npm package.
 * The package is unpacked here, once, because workers would unpack it at the same time.
 */
export default async function findChromium(): Promise<void> {
  process.env.CHROMIUM ??= existsSync(installed) ? installed : await unpack();
}

async function unpack(): Promise<string> {
  const { default: chromium } = await import('@sparticuz/chromium');
  return await chromium.executablePath();
}
