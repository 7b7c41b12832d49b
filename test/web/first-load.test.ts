/// <reference lib="dom" />
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';

const maxBytes = 300_000;

it('loads less than 300 KB of compressed scripts at first, and has no inline scripts', async () => {
  const { page, url } = await openPage({ host: new PretendedHost() });
  await page.getByRole('button', { name: 'Generate' }).waitFor();
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  const scripts = loaded.filter((address) => address.endsWith('.js'));
  const sizes = await Promise.all(
    scripts.map(async (address) => gzipSync(await (await fetch(address)).arrayBuffer()).length),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThan(maxBytes);

  expect(await page.locator('script:not([src])').count()).toBe(0);
  const { headers } = await fetch(url);
  expect(headers.get('content-security-policy')).toContain("script-src 'self';");
});
