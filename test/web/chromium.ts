import { existsSync } from 'node:fs';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Where Debian has it. */
const installed = '/usr/bin/chromium';

/** A Chromium that ends with the test: the one that CHROMIUM names, the machine's own, or else the one from npm. */
export async function launchChromium(): Promise<Browser> {
  const browser = await chromium.launch(await whichChromium());
  onTestFinished(() => browser.close());
  return browser;
}

async function whichChromium(): Promise<{ executablePath: string; args: string[] }> {
  const named = process.env.CHROMIUM ?? (existsSync(installed) ? installed : undefined);
  // In containers tests run as root, for whom Chromium has no sandbox.
  if (named !== undefined) return { executablePath: named, args: ['--no-sandbox'] };
  return { executablePath: await sparticuz.executablePath(), args: sparticuz.args };
}
