import { expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { accessibilityProblems } from './page-helpers.js';

it('offers examples before anything was made, one click each', async () => {
  const host = new PretendedHost();
  const { page } = await openPage({ host });
  await page.getByRole('heading', { name: 'Watch a picture appear.' }).waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByRole('button', { name: 'an owl' }).click();
  await page.locator('video').waitFor();
  expect(host.prompts).toEqual(['an owl']);
  await page.getByRole('heading', { name: 'Watch a picture appear.' }).waitFor({ state: 'detached' });
});
