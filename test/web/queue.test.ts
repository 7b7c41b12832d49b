/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { named } from '../service/open-service.js';
import { accessibilityProblems, prompt, runUntilStep } from './page-helpers.js';

const openQueue = (page: Page) =>
  page
    .getByRole('button', { name: /^Queue/u })
    .locator('visible=true')
    .click();

describe('the queue beside Generate', () => {
  it('counts what waits, and changes its order by dragging and by keys', async () => {
    const { page, service, hold } = await runUntilStep(2);
    const ids: string[] = [];
    for (const each of ['second', 'third', 'fourth']) ids.push((await service.submit(named(each))).id);
    await page.getByRole('button', { name: 'Queue · 4: 1 being made, 3 waiting' }).first().waitFor();
    await openQueue(page);
    const queue = page.getByRole('dialog', { name: 'Queue' });
    await queue.getByRole('progressbar', { name: /a red apple/u }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);

    const boxOf = async (name: string) => {
      const box = await queue.getByRole('button', { name: `Move: txt2img: ${name}` }).boundingBox();
      if (!box) throw new Error(`${name} is not in the queue.`);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const [from, to] = [await boxOf('fourth'), await boxOf('second')];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y - 8, { steps: 4 });
    await page.mouse.up();
    const positions = () => ids.map((id) => service.get(id)?.position);
    await expect.poll(positions).toEqual([2, 3, 1]);
    // Keys move from where the list shows a job.
    const first = queue.getByRole('button', { name: /^Move:/u }).first();
    await expect.poll(() => first.getAttribute('aria-label')).toBe('Move: txt2img: fourth');
    await queue.getByRole('button', { name: 'Move: txt2img: second' }).press('ArrowDown');
    await expect.poll(positions).toEqual([3, 2, 1]);
    await queue.getByRole('button', { name: 'Clear waiting' }).click();
    await expect.poll(() => ids.map((id) => service.get(id)?.state)).toEqual(Array(3).fill('cancelled'));
    hold.open();
    await expect.poll(() => service.list().every(({ endedAt }) => endedAt !== null)).toBe(true);
  });

  it('shows progress in the title and the icon of the tab, and not after the end', async () => {
    const { page, hold } = await runUntilStep(6);
    await expect.poll(() => page.title()).toBe('25 % · Steps Animation');
    const icon = page.locator('link[rel=icon]');
    expect(await icon.getAttribute('href')).toMatch(/^data:image\/png/u);
    hold.open();
    await expect.poll(() => page.title()).toBe('Steps Animation');
    expect(await icon.getAttribute('href')).toBe('/icon.svg');
  });

  it('follows what waits again after a reload', async () => {
    const { page, service, hold } = await runUntilStep(2);
    await prompt(page).fill('a green pear');
    await prompt(page).press('Control+Enter');
    await page.getByText('Added to the queue.').waitFor();
    expect(service.list()).toHaveLength(2);
    await page.reload();
    await page.getByRole('progressbar').first().waitFor();
    await openQueue(page);
    await page.getByRole('dialog', { name: 'Queue' }).getByText('txt2img: a green pear').waitFor();
    await page.keyboard.press('Escape');
    hold.open();
    await page
      .getByRole('img', { name: /a green pear/u })
      .or(page.getByLabel('Movie: a green pear'))
      .first()
      .waitFor();
  });

  it('says that a job is done when the page is in the background, if that is wanted', async () => {
    const { page, hold } = await runUntilStep(2);
    await page.context().grantPermissions(['notifications']);
    await page.evaluate(() => {
      const shown: string[] = [];
      class Shown {
        static readonly permission = 'granted';
        static readonly requestPermission = async () => 'granted';
        constructor(title: string) {
          shown.push(title);
        }
      }
      Object.assign(window, { Notification: Shown, shown });
      Object.defineProperty(document, 'hidden', { get: () => true });
    });
    await openQueue(page);
    await page.getByRole('switch', { name: 'Tell me when it is done' }).press('Space');
    await expect.poll(() => page.evaluate(() => localStorage.getItem('steps-animation.notify'))).toBe('true');
    hold.open();
    await expect.poll(() => page.evaluate('shown')).toEqual(['Your movie is ready']);
  });
});
