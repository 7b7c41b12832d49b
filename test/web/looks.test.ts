/// <reference lib="dom" />
import { expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { accessibilityProblems, chooseLook, generate, prompt } from './page-helpers.js';

it('makes another movie of the steps at hand when another look is chosen, once', async () => {
  const host = new PretendedHost();
  const { page, service } = await openPage({ host });
  await prompt(page).fill('a red apple');
  await generate(page).click();
  await page.locator('video').waitFor();
  expect(service.list()[0]?.options.animation).toMatchObject({ look: 'reveal' });
  await chooseLook(page, 'Flipbook');
  await expect
    .poll(() => service.list()[0])
    .toMatchObject({ kind: 'render', state: 'finished', options: { animation: { look: 'flipbook' } } });
  const [flipbook, reveal] = service.list().map(({ animations }) => animations[0]?.id ?? '');
  const shown = () => page.locator('video').getAttribute('src');
  await expect.poll(shown).toContain(flipbook);
  expect(await accessibilityProblems(page)).toEqual([]);
  await chooseLook(page, 'Reveal');
  await expect.poll(shown).toContain(reveal);
  expect(service.list()).toHaveLength(2);
  expect(host.prompts).toEqual(['a red apple']);
});

it('sets length and shape beside the looks, for the next movie too', async () => {
  const { page, service } = await openPage({ host: new PretendedHost() });
  await page.getByRole('button', { name: /^Length/u }).click();
  await page.getByRole('menuitem', { name: '3 s' }).click();
  await page.getByRole('button', { name: /^Shape/u }).click();
  await page.getByRole('menuitem', { name: 'Square' }).click();
  await generate(page).click();
  await page.locator('video').waitFor();
  expect(service.list()[0]?.options.animation).toMatchObject({ duration: 3, size: '1080x1080', fit: 'blur' });
});
