import { type Browser, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** The Chromium that find-chromium.ts found; it ends with the test. */
export async function launchChromium(): Promise<Browser> {
  const { CHROMIUM: executablePath } = process.env;
  if (!executablePath) throw new Error('find-chromium.ts found no browser');
  // In containers tests run as root, for whom Chromium has no sandbox.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  return browser;
}
