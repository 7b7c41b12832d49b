import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { accessibilityProblems } from './page-helpers.js';

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 900 };
const variants: readonly (BrowserContextOptions & { readonly name: string })[] = [
  { name: 'light', colorScheme: 'light', viewport: desk },
  { name: 'dark', colorScheme: 'dark', viewport: desk },
  { name: 'the width of a phone', colorScheme: 'dark', viewport: phone },
];

describe.each(variants)('the page in $name', ({ name: _, ...browser }) => {
  it.each(['txt2img', 'img2img', 'Animations', 'Settings'])('has no accessibility problems in %s', async (tab) => {
    const { page } = await openPage({ host: new PretendedHost(), browser: { ...browser, reducedMotion: 'reduce' } });
    await page.getByRole('tab', { name: tab }).click();
    await page.getByRole('tabpanel', { name: tab }).waitFor();
    await expect.poll(() => page.locator('main .mantine-Loader-root').count()).toBe(0);
    await openAccordions(page);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});

/** Opens all sections, so that their contents are checked too. */
async function openAccordions(page: Page): Promise<void> {
  const closed = page.locator('main button[aria-expanded=false][aria-controls]:not([aria-haspopup])');
  for (let i = 0; i < 8 && (await closed.count()) > 0; i++) {
    const id = await closed.first().getAttribute('id');
    await page.locator(`[id="${id}"]`).click();
    await page.locator(`[id="${id}"][aria-expanded=true]`).waitFor();
  }
}
