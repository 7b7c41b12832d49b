import { expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { generate, goTo } from './page-helpers.js';

it.each(['#%', '#%E0%A4%A', '#nothing', '#txt2img%00'])('opens with the address %s', async (hash) => {
  const { page, url } = await openPage({ host: new PretendedHost() });
  await page.goto('about:blank');
  await page.goto(url + hash);
  await generate(page).waitFor();
});

it('shows what went wrong in the place of a part that failed, and the other parts', async () => {
  const { page, browserErrors } = await openPage({ host: new PretendedHost() });
  await page.route('**/api/v1/hosts', (route) => route.fulfill({ json: { hosts: [null], kinds: null } }));
  await goTo(page, 'Settings');
  const alert = page.getByRole('alert').filter({ hasText: 'This part of the page failed' });
  await alert.getByRole('button', { name: 'Reload the page' }).waitFor();
  await page.getByRole('link', { name: 'Create' }).locator('visible=true').click();
  await generate(page).waitFor();
  expect(await alert.count()).toBe(0);
  expect(browserErrors.length).toBeGreaterThan(0);
  browserErrors.length = 0;
});

it('works without the storage of the browser', async () => {
  const { page, url } = await openPage({ host: new PretendedHost() });
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get: refuse });
  });
  await page.goto(url);
  await generate(page).click();
  await page.getByRole('button', { name: 'Download' }).waitFor();
});
