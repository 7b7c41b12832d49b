/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { generate, prompt } from './page-helpers.js';

const steps = (page: Page) => page.getByRole('textbox', { name: 'Sampling steps' });

describe('the form', () => {
  it('reports invalid values before anything is sent, in a closed section too', async () => {
    const { page, service } = await openPage({ host: new PretendedHost() });
    const advanced = page.getByRole('button', { name: 'Advanced' });
    const clipSkip = page.getByRole('textbox', { name: 'Clip skip' });
    await advanced.click();
    await clipSkip.fill('99');
    await advanced.click();
    await clipSkip.waitFor({ state: 'hidden' });
    await generate(page).click();
    await page.getByText('Clip skip: Must be a whole number from 1 to 12.').waitFor();
    await expect.poll(() => clipSkip.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(service.list()).toEqual([]);
  });

  it('removes stored values that are no longer valid', async () => {
    const { page } = await openPage({ host: new PretendedHost() });
    const kept = { generation: { sampler: 'Gone', steps: 7, former: 1 }, animation: { codec: 'gone' }, img2img: null };
    // Before the page's own scripts, which may write the form of the page that is left.
    await page.addInitScript((form) => localStorage.setItem('steps-animation.txt2img', JSON.stringify(form)), kept);
    await page.reload();
    await expect.poll(() => steps(page).inputValue()).toBe('7');
    expect(await page.getByRole('combobox', { name: 'Sampling method' }).inputValue()).toBe('Euler a');
    await page.getByRole('button', { name: 'Steps animation x264, blend, 10 s' }).waitFor();
  });

  it('resets all options, and undoes that', async () => {
    const { page } = await openPage({ host: new PretendedHost() });
    await steps(page).fill('7');
    await prompt(page).fill('a red apple');
    await page.getByRole('button', { name: 'Reset to defaults' }).click();
    await expect.poll(() => steps(page).inputValue()).toBe('20');
    expect(await prompt(page).inputValue()).toBe('');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => steps(page).inputValue()).toBe('7');
    expect(await prompt(page).inputValue()).toBe('a red apple');
  });

  it('generates on Ctrl+Enter in any field, and Escape closes what is open before it interrupts', async () => {
    const hold = gate();
    const host = new PretendedHost((step) => (step === 2 ? hold.passed : undefined));
    const { page } = await openPage({ host });
    // A closing service waits for the current step.
    onTestFinished(hold.open);
    const cancelled: string[] = [];
    page.on('request', (request) => request.url().endsWith('/cancel') && cancelled.push(request.url()));
    await page.getByRole('textbox', { name: 'Batch count' }).press('Control+Enter');
    await page.getByRole('progressbar').first().waitFor();

    await page.getByRole('combobox', { name: 'Sampling method' }).click();
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('option').first().waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Help: Seed' }).press('Enter');
    const help = page.getByRole('dialog').getByText('Default: -1.');
    await help.waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    expect(cancelled).toEqual([]);

    await Promise.all([page.waitForResponse('**/cancel'), page.keyboard.press('Escape')]);
    expect(cancelled).toHaveLength(1);
  });

  it('switches the hires pass on and off, shows its size, and remembers the open section', async () => {
    const { page } = await openPage({ host: new PretendedHost() });
    await page.getByRole('button', { name: 'Hires pass off' }).click();
    await page.getByRole('switch', { name: 'Hires pass' }).press('Space');
    await page.getByText('128 × 128 becomes 256 × 256').waitFor();
    await page.reload();
    await page.getByText('128 × 128 becomes 256 × 256').waitFor();
    await page.getByRole('switch', { name: 'Hires pass' }).press('Space');
    await page.getByRole('textbox', { name: 'Hires scale' }).waitFor({ state: 'detached' });
  });
});
