/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { type OpenPage, openPage } from './open-page.js';
import { accessibilityProblems, chooseLook, generate, prompt, runUntilStep, stopHere } from './page-helpers.js';

const steps = 5;
const slider = (page: Page) => page.getByRole('slider', { name: 'Step', exact: true });
const paused = (page: Page) => page.locator('video').evaluate((video: HTMLVideoElement) => video.paused);

/** Clicks the film strip at a share of its width. */
async function clickAt(page: Page, share: number): Promise<void> {
  const box = await slider(page).boundingBox();
  if (!box) throw new Error('There is no film strip.');
  await page.mouse.click(box.x + box.width * share, box.y + 20);
}

/** Whether a picture has been loaded. */
const isDrawn = (image: HTMLImageElement) => image.complete && image.naturalWidth > 0;

describe('the result', () => {
  it('moves through the steps with the arrow keys and the pointer', async () => {
    const { page } = await openResult();
    await slider(page).focus();
    await page.keyboard.press('Home');
    await expect.poll(() => page.getByAltText('Step 1', { exact: true }).first().evaluate(isDrawn)).toBe(true);
    expect(await paused(page)).toBe(true);
    await page.keyboard.press('ArrowRight');
    expect(await slider(page).getAttribute('aria-valuenow')).toBe('2');
    expect(await slider(page).getAttribute('aria-valuetext')).toBe(`Step 2 of ${steps}`);
    await page.getByAltText('Step 2', { exact: true }).waitFor();

    await clickAt(page, 0.75);
    await page.getByAltText('Step 4', { exact: true }).waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByRole('menuitem', { name: 'Step 4' }).click();
    expect((await saved).suggestedFilename()).toMatch(/\.png$/u);
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByAltText('Step 4', { exact: true }).waitFor({ state: 'detached' });
    await expect.poll(() => paused(page)).toBe(false);
  });

  it('compares two steps with a divider that the keyboard moves', async () => {
    const { page } = await openResult();
    await page.getByRole('button', { name: 'Compare' }).click();
    const divider = page.getByRole('slider', { name: /^Divider between Step/u });
    await divider.focus();
    await page.keyboard.press('ArrowRight');
    expect(await divider.inputValue()).toBe('51');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Back to the movie' }).click();
    await page.locator('video').waitFor();
  });

  it('renders the same steps again with another codec, without sampling again', async () => {
    const host = new PretendedHost();
    const { page, service } = await openResult(host);
    await renderAgain(page, 'vpx-vp9', () => accessibilityProblems(page));
    await page.waitForFunction(() => document.querySelector('video')?.duration === 2);
    expect(service.list()[0]).toMatchObject({ kind: 'render', state: 'finished', animations: [{ codec: 'vpx-vp9' }] });
    expect(host.prompts).toHaveLength(1);

    await movie(page, 'x264').click();
    await page.waitForFunction(() => document.querySelector('video')?.duration === 10);
  });

  it('can stop a GIF, and offers movies that browsers cannot play for download', async () => {
    const { page } = await openResult();
    await renderAgain(page, 'gif');
    const shown = page.getByAltText(/^Movie:/u);
    expect(await shown.getAttribute('src')).toMatch(/\/file\?v=/u);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await shown.getAttribute('src')).toMatch(/\/poster\?v=/u);

    await renderAgain(page, 'prores_ks');
    await page.getByText('Browsers cannot play ProRes.').waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the movie' }).click();
    expect((await saved).suggestedFilename()).toMatch(/\.mov$/u);
  });

  it('reports an interrupted job, and runs it again', async () => {
    const { page, service, hold } = await runUntilStep(3);
    await Promise.all([page.waitForResponse('**/cancel'), stopHere(page).click()]);
    hold.open();
    await page.getByText('The movie shows the steps made until then.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByRole('status').filter({ hasText: 'Finished: the movie is ready' }).waitFor({ state: 'attached' });
    expect(service.list().map(({ state }) => state)).toEqual(['finished', 'interrupted']);
  });

  it('does not scroll the page when steps arrive', async () => {
    const { page, hold } = await runUntilStep(3);
    await page.setViewportSize({ width: 390, height: 500 });
    await page.evaluate(() => scrollTo(0, 0));
    hold.open();
    await page.locator('video').waitFor();
    expect(await page.evaluate(() => [scrollY, document.querySelector('main section')?.scrollTop])).toEqual([0, 0]);
  });

  it('has no accessibility problems during and after a job', async () => {
    const { page, hold } = await runUntilStep(3);
    await page.getByAltText('Preview').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    hold.open();
    await page.locator('video').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

const movie = (page: Page, codec: string) =>
  page.getByRole('group', { name: 'Movie', exact: true }).getByRole('button', { name: new RegExp(`${codec} ·`, 'u') });

/**
 * Renders another movie, of two seconds.
 * @param check of the open dialog; must return no problems
 */
async function renderAgain(page: Page, codec: string, check = async (): Promise<string[]> => []): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Make another movie' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make another movie' });
  await dialog.getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: new RegExp(`^${codec}`, 'u') }).click();
  await dialog.getByRole('textbox', { name: 'Length' }).fill('2');
  expect(await check()).toEqual([]);
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await movie(page, codec).waitFor({ timeout: 60_000 });
}

/** Opens a page that shows the result of a job. */
async function openResult(host = new PretendedHost()): Promise<OpenPage> {
  const opened = await openPage({ host });
  await chooseLook(opened.page, 'Classic');
  await prompt(opened.page).fill('a red apple');
  await opened.page.getByRole('textbox', { name: 'Steps', exact: true }).fill(String(steps));
  await generate(opened.page).click();
  await opened.page.locator('video').waitFor();
  return opened;
}
