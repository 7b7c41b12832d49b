/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { chooseLook, generate, prompt, runUntilStep } from './page-helpers.js';

const slider = (page: Page) => page.getByRole('slider', { name: 'Step', exact: true });
const marker = (page: Page) =>
  page.getByTestId('marker').evaluate((head) => Number.parseFloat((head as HTMLElement).style.left));
const time = (page: Page) => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);

/** The window that everything that matters must fit into. */
const desk = { width: 1280, height: 720 };

/** Fails unless all of these can be seen as a whole, without scrolling. */
async function expectInView(page: Page, selectors: readonly string[]): Promise<void> {
  const { width, height } = page.viewportSize() ?? desk;
  for (const selector of selectors) {
    const box = await page.locator(selector).locator('visible=true').first().boundingBox();
    const edges = box && [box.x, box.y, width - box.x - box.width, height - box.y - box.height];
    expect(edges && Math.min(...edges), `${selector} is in view`).toBeGreaterThanOrEqual(0);
  }
}

const always = ['[aria-label=Prompt]', 'button:has-text("Generate")'];

describe('the stage', () => {
  it.each([desk, { width: 1440, height: 900 }, { width: 1920, height: 1080 }])(
    'shows all that matters without scrolling at $width × $height, while a picture is made, played and scrubbed',
    async (viewport) => {
      const { page, hold } = await runUntilStep(3, { viewport });
      await page.getByAltText('Preview').waitFor();
      const making = ['[alt=Preview]', '[role=progressbar]', '[data-testid=marker]', 'button:has-text("Stop here")'];
      await expectInView(page, [...always, ...making]);
      hold.open();
      await page.locator('video').waitFor();
      const playing = ['video', '[role=slider][aria-label=Step]', 'button:has-text("Download")', '[aria-label=Pause]'];
      await expectInView(page, [...always, ...playing]);
      await slider(page).press('Home');
      await page.getByAltText('Step 1', { exact: true }).waitFor();
      await expectInView(page, [...always, '[alt="Step 1"]', '[role=slider][aria-label=Step]', '[aria-label=Play]']);
      const { width, height } = (await page.locator('video').boundingBox()) ?? { width: 0, height: 0 };
      expect((width * height) / (viewport.width * viewport.height)).toBeGreaterThan(0.2);
    },
  );

  it('puts the picture first on phones, while it is made', async () => {
    const { page, hold } = await runUntilStep(3, { viewport: { width: 390, height: 844 } });
    await page.getByAltText('Preview').waitFor();
    await expectInView(page, ['[alt=Preview]', '[role=progressbar]', 'button:has-text("Stop here")']);
    const top = (await page.getByAltText('Preview').boundingBox())?.y ?? Number.POSITIVE_INFINITY;
    expect(top).toBeLessThan(100);
    hold.open();
  });

  it('moves the marker while the movie plays, and a click on the strip moves the movie', async () => {
    const { page } = await openResult();
    const before = await marker(page);
    await expect.poll(() => marker(page)).not.toBe(before);
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Play' }).waitFor();
    const shown = await page.locator('video').evaluate((video: HTMLVideoElement) => {
      return (100 * video.currentTime) / video.duration;
    });
    expect(await marker(page)).toBeCloseTo(shown, 0);

    const box = await slider(page).boundingBox();
    if (!box) throw new Error('There is no film strip.');
    await page.mouse.click(box.x + box.width / 2, box.y + 20);
    await expect.poll(() => time(page)).toBeCloseTo(5, 1);
    await page.getByAltText('Step 3', { exact: true }).waitFor();
  });

  it('goes by steps and frames, changes the speed and repeats by keys, and lists them', async () => {
    const { page } = await openResult();
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => time(page)).toBeCloseTo(2.5, 2);
    await page.keyboard.press('.');
    await expect.poll(() => time(page)).toBeCloseTo(2.5 + 1 / 30, 2);
    await page.keyboard.press(']');
    await page.getByRole('button', { name: 'Speed: 2×' }).waitFor();
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate)).toBe(2);
    await page.keyboard.press('l');
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.loop)).toBe(false);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Play and pause').waitFor();
    // A list that is open has the keys.
    await page.keyboard.press('Home');
    expect(await time(page)).toBeCloseTo(2.5 + 1 / 30, 2);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
  });

  it('leaves keys to a field that has the focus', async () => {
    const { page } = await openResult();
    await prompt(page).focus();
    await page.keyboard.type(' ?.');
    expect(await prompt(page).inputValue()).toBe('a red apple ?.');
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.paused)).toBe(false);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('shows the picture from the first second, and fills the film strip as steps arrive', async () => {
    const { page, hold } = await runUntilStep(3);
    await page.getByAltText('Preview').waitFor();
    const filled = page.locator('[data-filled]');
    expect(Number(await filled.getAttribute('data-filled'))).toBeGreaterThan(0);
    const cells = await filled.locator('> *').count();
    expect(Number(await filled.getAttribute('data-filled'))).toBeLessThan(cells);
    hold.open();
    await page.locator('video').waitFor();
    await expect
      .poll(async () => Number(await filled.getAttribute('data-filled')))
      .toBe(await filled.locator('> *').count());
  });

  it('throws a run away', async () => {
    const { page, service, hold } = await runUntilStep(3);
    const [answer] = await Promise.all([
      page.waitForResponse('**/cancel'),
      page.getByRole('button', { name: 'Cancel' }).click(),
    ]);
    expect(answer.ok()).toBe(true);
    hold.open();
    await expect.poll(() => service.list()).toEqual([]);
    expect(service.library.search({}).entries).toEqual([]);
  });

  it('keeps the last result when a later job fails, and says why', async () => {
    const { page, service } = await openResult(new FailingHost());
    await prompt(page).fill('a failure');
    await generate(page).click();
    await page.getByRole('alert').getByText('That didn’t work: ').waitFor();
    await page.locator('video').waitFor();
    expect(service.list()[0]).toMatchObject({ state: 'failed' });
  });
});

/** Fails for one prompt. */
class FailingHost extends PretendedHost {
  override async *generate(...args: Parameters<PretendedHost['generate']>) {
    if (args[0].prompt === 'a failure') throw new Error('The model is damaged.');
    yield* super.generate(...args);
  }
}

async function openResult(host = new PretendedHost()) {
  const opened = await openPage({ host });
  await chooseLook(opened.page, 'Classic');
  await prompt(opened.page).fill('a red apple');
  await opened.page.getByRole('textbox', { name: 'Steps', exact: true }).fill('5');
  await generate(opened.page).click();
  await opened.page.locator('video').waitFor();
  await opened.page.locator('video').focus();
  await opened.page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
  await opened.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  return opened;
}
