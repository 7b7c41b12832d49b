import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { accessibilityProblems, generate, openSheet } from './page-helpers.js';

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 900 };
const variants: readonly (BrowserContextOptions & { readonly name: string })[] = [
  { name: 'light', colorScheme: 'light', viewport: desk },
  { name: 'dark', colorScheme: 'dark', viewport: desk },
  { name: 'the width of a phone', colorScheme: 'dark', viewport: phone },
];

describe.each(variants)('the page in $name', ({ name: _, ...browser }) => {
  it.each(['txt2img', 'img2img', 'library', 'settings'])('has no accessibility problems in %s', async (place) => {
    const { page, url } = await openPage({
      host: new PretendedHost(),
      browser: { ...browser, reducedMotion: 'reduce' },
    });
    await page.goto(`${url}#${place}`);
    const isForm = place.endsWith('2img');
    await (isForm ? generate(page).first() : page.locator('main section, main input').first()).waitFor();
    await expect.poll(() => page.locator('.mantine-Loader-root, .mantine-Skeleton-root').count()).toBe(0);
    if (isForm && browser.viewport?.width === phone.width) {
      expect(await accessibilityProblems(page)).toEqual([]);
      await openSheet(page);
    }
    await openAccordions(page);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});

/** Opens all sections, so that their contents are checked too. */
async function openAccordions(page: Page): Promise<void> {
  const closed = page.locator('button[aria-expanded=false][aria-controls]:not([aria-haspopup])');
  for (let i = 0; i < 8 && (await closed.count()) > 0; i++) {
    const id = await closed.first().getAttribute('id');
    await page.locator(`[id="${id}"]`).click();
    await page.locator(`[id="${id}"][aria-expanded=true]`).waitFor();
  }
}
