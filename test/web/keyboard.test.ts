/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';

it('can be used with the keyboard only, with a visible focus', async () => {
  const hold = gate();
  const oneStepMade = gate();
  const host = new PretendedHost((step) => {
    if (step !== 2) return;
    oneStepMade.open();
    return hold.passed;
  });
  const { page, service } = await openPage({ host });
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).focus();
  await page.keyboard.type('a red apple');
  const passed: string[] = [];
  for (let presses = 0; presses < 22 && !passed.at(-1)?.startsWith('Generate'); presses++) {
    await page.keyboard.press('Tab');
    const { name, isVisible } = await focused(page);
    expect(isVisible, `the focus on ${name} can be seen`).toBe(true);
    passed.push(name);
  }
  expect(passed.at(-1)).toMatch(/^Generate/u);
  expect(passed[0]).toBe('Negative prompt');

  await page.keyboard.press('Enter');
  await page.getByRole('progressbar').first().waitFor();
  await oneStepMade.passed;
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).focus();
  const [answer] = await Promise.all([page.waitForResponse('**/cancel'), page.keyboard.press('Escape')]);
  expect(answer.ok()).toBe(true);
  hold.open();
  await page.locator('video').first().waitFor();
  expect(service.list()).toMatchObject([{ state: 'interrupted', animations: [{ steps: 1 }] }]);
});

/** What has the focus, and whether that can be seen: it looks otherwise without. */
async function focused(page: Page): Promise<{ name: string; isVisible: boolean }> {
  const element = await page.evaluateHandle(() => document.activeElement as HTMLElement);
  const name = await element.evaluate((at) => {
    const labels = 'labels' in at && at.labels instanceof NodeList ? at.labels : [];
    return (at.getAttribute('aria-label') ?? labels[0]?.textContent ?? at.textContent ?? '').trim();
  });
  const box = await element.boundingBox();
  if (!box) return { name, isVisible: false };
  const clip = { x: box.x - 6, y: box.y - 6, width: box.width + 12, height: box.height + 12 };
  const look = () => page.screenshot({ clip, animations: 'disabled' });
  const withFocus = await look();
  await element.evaluate((at) => at.blur());
  const without = await look();
  await element.evaluate((at) => at.focus());
  return { name, isVisible: !withFocus.equals(without) };
}
