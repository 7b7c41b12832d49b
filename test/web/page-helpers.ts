/// <reference lib="dom" />
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { type OpenPage, openPage } from './open-page.js';

export const generate = (page: Page) => page.getByRole('button', { name: /^Generate/u }).locator('visible=true');
/** Opens a place of the page by its link, on desktops. */
export async function goTo(page: Page, place: 'txt2img' | 'img2img' | 'Library' | 'Settings'): Promise<void> {
  await page.getByRole('link', { name: place }).locator('visible=true').click();
}

/** Opens the form, which is a sheet on phones. */
export async function openSheet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings of the picture' }).click();
}

/** Chooses the look of movies. */
export const chooseLook = (page: Page, name: string) =>
  page.getByText(name, { exact: true }).locator('visible=true').click();

export const stopHere = (page: Page) => page.getByRole('button', { name: 'Stop here' }).first();
export const prompt = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });

/** Windows that are less wide have the layout of phones. */
const desktopWidth = 768;

/** Opens a page with a job that is held before a step. */
export async function runUntilStep(
  held: number,
  browser: BrowserContextOptions = {},
): Promise<OpenPage & { hold: ReturnType<typeof gate> }> {
  const reached = gate();
  const hold = gate();
  const host = new PretendedHost((step) => {
    if (step !== held) return;
    reached.open();
    return hold.passed;
  });
  const opened = await openPage({ host, browser });
  if ((browser.viewport?.width ?? desktopWidth) < desktopWidth) await openSheet(opened.page);
  await prompt(opened.page).fill('a red apple');
  await prompt(opened.page).press('Control+Enter');
  // A closing service waits for the current step.
  onTestFinished(hold.open);
  await reached.passed;
  await opened.page.getByRole('progressbar').first().waitFor();
  return { ...opened, hold };
}

/** Drops a file on an element, as from the desktop. */
export async function dropFile(target: Locator, path: string, type: string): Promise<void> {
  const file = { name: basename(path), type, bytes: (await readFile(path)).toString('base64') };
  const dataTransfer = await target.page().evaluateHandle(({ name, type, bytes }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
    return transfer;
  }, file);
  for (const event of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer });
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The serious and critical findings of axe. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the content security policy of the page does not block.
  await page.evaluate(await readFile(axePath, 'utf8'));
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}; ${nodes.length} times, such as ${nodes[0]?.html}`);
}
