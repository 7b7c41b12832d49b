/// <reference lib="dom" />
import { describe, expect, it } from 'vitest';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { chooseLook, generate, prompt, runUntilStep, stopHere } from './page-helpers.js';

describe('txt2img', () => {
  it('makes a movie of a prompt that plays by itself, muted and in a loop', async () => {
    const { page, service } = await openPage();
    await prompt(page).fill('a red apple');
    await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('5');
    await chooseLook(page, 'Classic');
    await prompt(page).press('Control+Enter');
    const movie = page.locator('video').first();
    await movie.waitFor({ timeout: 60_000 });
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);

    const [job] = service.list();
    expect(job).toMatchObject({ state: 'finished', options: { generation: { prompt: 'a red apple', steps: 5 } } });
    const playback = await movie.evaluate((video: HTMLVideoElement) => {
      const { duration, muted, loop, paused } = video;
      return { duration, muted, loop, paused };
    });
    expect(playback).toEqual({ duration: expect.closeTo(10, 1), muted: true, loop: true, paused: false });
  });

  it('makes a movie of the finished steps when it is interrupted', async () => {
    const { page, service, hold } = await runUntilStep(3);
    await Promise.all([page.waitForResponse('**/cancel'), stopHere(page).click()]);
    hold.open();
    await page.locator('video').first().waitFor();
    const [job] = service.list();
    expect(job).toMatchObject({ state: 'interrupted', animations: [{ steps: 2 }] });
  });

  it('skips the current image and keeps its finished steps', async () => {
    const { page, service, hold } = await runUntilStep(3);
    const skip = page.getByRole('button', { name: 'Skip' });
    const [answer] = await Promise.all([page.waitForResponse('**/skip'), skip.click()]);
    expect(answer.ok()).toBe(true);
    hold.open();
    await page.locator('video').first().waitFor();
    expect(service.list()).toMatchObject([{ state: 'finished', images: [{ steps: [1, 2] }] }]);
  });

  it('keeps showing the running job when another is queued, and shows that one next', async () => {
    const { page, service, hold } = await runUntilStep(2);
    await prompt(page).fill('a green pear');
    await generate(page).click();
    await page.getByText('Added to the queue.').waitFor();
    await page.getByText('Step 1 of 20').first().waitFor();
    expect(await page.getByRole('button', { name: 'Skip' }).isEnabled()).toBe(true);
    hold.open();
    await expect.poll(() => service.list().every(({ state }) => state === 'finished')).toBe(true);
    await page.locator('video').first().waitFor();
    const [newest] = service.list();
    await expect
      .poll(() => page.evaluate(() => sessionStorage.getItem('steps-animation.txt2img.job')))
      .toBe(newest?.id);
    expect(newest?.options.generation?.prompt).toBe('a green pear');
  });

  it('restores the job and the form after a reload', async () => {
    const { page, hold } = await runUntilStep(3);
    await page.reload();
    await page.getByRole('progressbar').first().waitFor();
    expect(await prompt(page).inputValue()).toBe('a red apple');
    hold.open();
    await page.locator('video').first().waitFor();
  });

  it('shows the error message of the service', async () => {
    const { page, browserErrors } = await openPage({ host: new PretendedHost() });
    await page.route('**/api/v1/jobs', (route) =>
      route.fulfill({
        status: 422,
        contentType: 'application/problem+json',
        json: { type: 'about:blank', title: 'Unprocessable', status: 422, detail: 'The disk has no room for that.' },
      }),
    );
    await generate(page).click();
    await page.getByText('The disk has no room for that.').waitFor();
    expect(browserErrors.splice(0)).toEqual([expect.stringContaining('422')]);
  });
});
