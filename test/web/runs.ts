import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { type OpenPage, openPage } from './open-page.js';

export const generate = (page: Page) => page.getByRole('button', { name: /^Generate/u });
export const prompt = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });

/** A run that waits before a step, in a page that shows it. */
export async function runUntilStep(held: number): Promise<OpenPage & { hold: ReturnType<typeof gate> }> {
  const reached = gate();
  const hold = gate();
  const host = new PretendedHost((step) => {
    if (step !== held) return;
    reached.open();
    return hold.passed;
  });
  const opened = await openPage({ host });
  await prompt(opened.page).fill('a red apple');
  await generate(opened.page).click();
  // A service that closes waits for the step at hand.
  onTestFinished(hold.open);
  await reached.passed;
  await opened.page.getByRole('progressbar').first().waitFor();
  return { ...opened, hold };
}
