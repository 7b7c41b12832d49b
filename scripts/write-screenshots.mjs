// Takes the pictures of the page in docs/images/: every tab in light and dark, and on a phone. Needs Chromium, from
// Debian or named by CHROMIUM. Written by `node scripts/write-screenshots.mjs`.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = join(import.meta.dirname, '..');
const images = join(root, 'docs', 'images');
const outdir = mkdtempSync(join(tmpdir(), 'steps-animation-'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) throw new Error('There is no Chromium: install it, or name it in CHROMIUM.');

/** Prompts whose movies are shown in the library; the last one's steps are in the first tab. */
const prompts = [
  'a rocket',
  'a cat face',
  'a blue fish',
  'a pizza',
  'a sunflower',
  'a ghost',
  'a penguin',
  'a red apple',
];
const views = {
  light: { viewport: { width: 1280, height: 1080 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 1080 }, colorScheme: 'dark' },
  phone: {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  },
};

const service = spawn(
  process.execPath,
  [join(root, 'dist', 'cli', 'main.js'), 'serve', '--port', '0', '--outdir', outdir],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const { value } = await createInterface({ input: service.stdout })[Symbol.asyncIterator]().next();
  const url = value.match(/http:\S+/)[0];
  for (const [index, prompt] of prompts.entries()) await generate(url, prompt, index);
  for (const [name, view] of Object.entries(views)) await takePictures(url, name, view);
} finally {
  await browser.close();
  service.kill('SIGTERM');
  rmSync(outdir, { recursive: true, force: true });
}

async function generate(url, prompt, index) {
  const send = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    return await (
      await fetch(new URL(path, url), body && { method: 'POST', headers, body: JSON.stringify(body) })
    ).json();
  };
  const generation = { prompt, steps: 20, seed: 100 + index };
  const { id } = await send('api/v1/jobs', { kind: 'txt2img', generation, animation: { duration: 2 } });
  for (;;) {
    const { endedAt } = await send(`api/v1/jobs/${id}`);
    if (endedAt !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function takePictures(url, name, view) {
  const context = await browser.newContext(view);
  const page = await context.newPage();
  const take = async (tab) => {
    await page.waitForTimeout(1000);
    const picture = await page.screenshot();
    await sharp(picture)
      .webp({ quality: 82 })
      .toFile(join(images, `page-${tab}-${name}.webp`));
  };
  await page.goto(url);
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red apple');
  await page.getByRole('textbox', { name: 'Seed', exact: true }).fill('107');
  await page.getByRole('button', { name: 'Generate', exact: true }).click();
  await page.locator('video').first().waitFor({ timeout: 120_000 });
  const scrubber = page.getByRole('slider', { name: 'Step', exact: true });
  await scrubber.focus();
  for (let step = 0; step < 8; step++) await page.keyboard.press('ArrowLeft');
  if (name === 'phone') await scrubber.scrollIntoViewIfNeeded();
  else await page.evaluate(() => window.scrollTo(0, 0));
  await take('txt2img');
  await page.getByRole('button', { name: 'Send to img2img' }).click();
  await take('img2img');
  for (const tab of ['Animations', 'Settings']) {
    await page.getByRole('tab', { name: tab }).click();
    await take(tab.toLowerCase());
  }
  await context.close();
}
