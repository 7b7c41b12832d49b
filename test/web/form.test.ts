/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { generate, prompt } from './page-helpers.js';

const steps = (page: Page) => page.getByRole('textbox', { name: 'Steps', exact: true });

describe('the form', () => {
  it('reports invalid values before anything is sent, and goes to the field, wherever it is', async () => {
    const { page, service } = await openPage({ host: new PretendedHost() });
    await page.getByRole('button', { name: 'All options' }).click();
    const clipSkip = page.getByRole('textbox', { name: 'Clip skip' });
    await clipSkip.fill('99');
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await clipSkip.waitFor({ state: 'detached' });
    await generate(page).click();
    await page.getByText('Clip skip: Enter a whole number from 1 to 12.').waitFor();
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
    expect(await page.getByRole('combobox', { name: 'Sampler' }).inputValue()).toBe('Euler a');
    await page.keyboard.press('e');
    expect(await page.getByRole('combobox', { name: 'Format' }).inputValue()).toMatch(/^x264/u);
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
    await page.getByRole('textbox', { name: 'Pictures' }).press('Control+Enter');
    await page.getByRole('progressbar').first().waitFor();

    await page.getByRole('combobox', { name: 'Sampler' }).click();
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

  it('has every option, in groups, and finds them by their words here and by those of the web UIs', async () => {
    const { page, url } = await openPage({ host: new PretendedHost() });
    const { options } = await (await fetch(`${url}api/v1/about`)).json();
    await steps(page).waitFor();
    await page.keyboard.press('e');
    await page.getByRole('heading', { name: 'Expert' }).waitFor();
    const labels = () =>
      page
        .getByRole('tabpanel')
        .locator('[data-row]')
        .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.row));
    // Looks have cards instead; whether a movie is made at all is one more.
    expect(await labels()).toHaveLength(options.animation.length);
    const find = page.getByRole('searchbox', { name: 'Find an option' });
    for (const [name, found] of [
      ['CFG', 'Guidance'],
      ['hires fix', 'Enlarge by'],
      ['batch size', 'At once'],
      ['x264', 'Format'],
      ['guidance', 'Guidance'],
    ] as const) {
      await find.fill(name);
      await expect.poll(labels).toContain(found);
    }
    await find.fill('no such thing');
    await page.getByText('No option is called').waitFor();
    await page.keyboard.press('Escape');
  });

  it('marks what differs from the default, and goes back to it', async () => {
    const { page } = await openPage({ host: new PretendedHost() });
    await steps(page).fill('7');
    await page.getByRole('button', { name: 'Back to the default: Steps' }).click();
    expect(await steps(page).inputValue()).toBe('20');
    await page.getByRole('button', { name: 'Back to the default: Steps' }).waitFor({ state: 'detached' });
  });

  it('does not let the size of a model be changed that has only one', async () => {
    const host = new PretendedHost();
    const describe = async () => ({
      ...(await PretendedHost.prototype.describe.call(host)),
      models: [{ name: 'pretended', width: 64, height: 48, isSizeFixed: true }],
    });
    const { page } = await openPage({ host: Object.assign(host, { describe }), asDescribed: true });
    await page.getByTitle('This model makes 64 × 48 only').first().waitFor();
    expect(await page.getByRole('textbox', { name: 'Width' }).count()).toBe(0);
  });
});
