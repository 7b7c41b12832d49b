// Takes the pictures of the page in docs/images/: every place and state, in three windows, light and dark. Needs
// Chromium, from Debian or named by CHROMIUM. Written by `node scripts/write-screenshots.mjs`.
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
const windows = {
  1440: { viewport: { width: 1440, height: 900 } },
  1280: { viewport: { width: 1280, height: 720 } },
  390: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
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
  for (const colorScheme of ['dark', 'light']) {
    for (const [width, view] of Object.entries(windows)) {
      await takePictures(url, `${width}-${colorScheme}`, { ...view, colorScheme });
    }
  }
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
  const isPhone = view.isMobile === true;
  const take = async (state) => {
    // Pictures and movies that are still loaded.
    await page.waitForTimeout(800);
    await sharp(await page.screenshot())
      .webp({ quality: 76 })
      .toFile(join(images, `page-${state}-${name}.webp`));
  };
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
  const openForm = async () => {
    if (isPhone) await page.getByRole('button', { name: 'Settings of the picture' }).click();
  };

  await page.goto(url);
  await take('empty');
  await openForm();
  await prompt.fill('a rocket on a dark blue background');
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('60');
  await take('form');
  await prompt.press('Control+Enter');
  await page.locator('[role=progressbar][aria-valuetext^="Step"]').waitFor({ timeout: 60_000 });
  await take('generating');
  await page.locator('video').waitFor({ timeout: 120_000 });
  const scrubber = page.getByRole('slider', { name: 'Step', exact: true });
  await scrubber.focus();
  for (let step = 0; step < 12; step++) await page.keyboard.press('ArrowLeft');
  await take('scrubbing');
  await page.getByRole('button', { name: 'Play' }).click();
  await take('playing');
  await page.keyboard.press('e');
  await take('options');
  await page.keyboard.press('Escape');
  if (isPhone) await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await take('compare');
  await page.getByRole('button', { name: 'Back to the movie' }).click();
  await page.keyboard.press('q');
  await take('queue');
  for (const place of ['img2img', 'library', 'settings']) {
    await page.goto(`${url}#${place}`);
    await take(place);
  }
  await context.close();
}
