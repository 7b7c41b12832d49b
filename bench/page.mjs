import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { median } from './statistics.mjs';

const command = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/**
 * How soon a browser that has never been here shows the page, in milliseconds from the navigation; beside it a page of
 * one line of text, which is what the browser and the machine need by themselves. Left out where there is no Chromium.
 */
export async function measurePage(work, rounds) {
  if (!existsSync(executablePath)) return undefined;
  const service = spawn(process.execPath, [command, 'serve', '--port', '0', '--outdir', join(work, 'page')]);
  const { value } = await createInterface({ input: service.stdout })[Symbol.asyncIterator]().next();
  const bare = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<h1>Bare</h1>'));
  await once(bare.listen(0, '127.0.0.1'), 'listening');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const times = { first: [], largest: [], ready: [], bare: [] };
  for (let index = 0; index <= 3 * rounds; index++) {
    const peer = await open(browser, `http://127.0.0.1:${bare.address().port}`);
    const ours = await open(browser, value.match(/http:\S+/)[0], (page) =>
      page.getByRole('combobox', { name: 'Sampling method' }).waitFor(),
    );
    // The first round warms up.
    if (index === 0) continue;
    times.bare.push(peer.first);
    times.first.push(ours.first);
    times.largest.push(ours.largest);
    times.ready.push(ours.ready);
  }
  await browser.close();
  bare.close();
  service.kill('SIGTERM');
  const result = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.round(median(all))]));
  console.log(`\npage: milliseconds (medians of ${3 * rounds})`);
  console.table(result);
  return result;
}

/** First and largest contentful paint, and when `isReady` was, in a browser without any cache. */
async function open(browser, url, isReady = async () => {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await isReady(page);
  const ready = await page.evaluate(() => performance.now());
  const paints = await page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list, observer) => {
          observer.disconnect();
          const [first] = performance.getEntriesByName('first-contentful-paint');
          resolve({ first: first.startTime, largest: list.getEntries().at(-1).startTime });
        }).observe({ type: 'largest-contentful-paint', buffered: true });
      }),
  );
  await context.close();
  return { ...paints, ready };
}
