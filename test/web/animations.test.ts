/// <reference lib="dom" />
import { access } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { named } from '../service/open-service.js';
import { PretendedHost } from '../service/pretended-host.js';
import { type OpenPage, openPage } from './open-page.js';
import { accessibilityProblems, goTo, prompt } from './page-helpers.js';

const prompts = ['a red apple', 'a green pear', 'a red rose'];
const posters = (page: Page) => page.getByRole('list', { name: 'Animations' }).getByRole('button');
const labels = (page: Page) => posters(page).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));

/** The tab with a movie of each prompt, the last one as a GIF. */
async function openLibrary(): Promise<OpenPage> {
  const opened = await openPage({ host: new PretendedHost() });
  for (const [index, each] of prompts.entries()) {
    const request = named(each);
    const codec = index === 2 ? 'gif' : 'x264';
    const { id } = await opened.service.submit({ ...request, animation: { ...request.animation, codec } });
    await opened.service.ended(id);
  }
  await goTo(opened.page, 'Library');
  await opened.page.getByText('3 animations').waitFor();
  return opened;
}

describe('the tab Animations', () => {
  it('shows the newest first, finds words of prompts, and filters by codec', async () => {
    const { page } = await openLibrary();
    const expected = ['a red rose, gif, 1 seconds', 'a green pear, x264, 1 seconds', 'a red apple, x264, 1 seconds'];
    expect(await labels(page)).toEqual(expected);
    await page.getByRole('searchbox', { name: 'Search' }).fill('red');
    await expect.poll(() => labels(page)).toEqual([expected[0], expected[2]]);
    await page.getByRole('combobox', { name: 'Codec' }).click();
    await page.getByRole('option', { name: 'x264' }).click();
    await expect.poll(() => labels(page)).toEqual([expected[2]]);
    await page.getByRole('searchbox', { name: 'Search' }).fill('nowhere');
    await page.getByText('No matches.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('opens a movie with the arrow keys and Enter, shows its settings, and uses them', async () => {
    const { page } = await openLibrary();
    await posters(page).first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const details = page.getByRole('dialog', { name: 'a green pear' });
    await details.getByText('Euler a').first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await details.getByRole('button', { name: 'Use these settings' }).click();
    await expect.poll(() => prompt(page).inputValue()).toBe('a green pear');
  });

  it('sends an image to img2img with its prompt', async () => {
    const { page } = await openLibrary();
    await posters(page).nth(1).click();
    await page.getByRole('button', { name: 'Send to img2img' }).click();
    await page.locator('a[href="#img2img"][aria-current=page]').first().waitFor();
    await expect.poll(() => prompt(page).last().inputValue()).toBe('a green pear');
    await page.getByText('64 × 48').first().waitFor();
  });

  it('deletes with a key, and undoes that', async () => {
    const { page, service } = await openLibrary();
    const [newest] = service.library.search({}).entries;
    const path = newest?.path ?? '';
    await posters(page).first().focus();
    await page.keyboard.press('Delete');
    await page.getByText('2 animations').waitFor();
    await page.getByText('Deleted: a red rose').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('3 animations').waitFor();
    expect((await labels(page))[0]).toMatch(/^a red rose/u);
    await access(path);
  });
});
