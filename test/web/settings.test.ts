import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Job } from '#dist/service/job.js';
import { named } from '../service/open-service.js';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';

const part = (page: Page, name: string) => page.getByRole('region', { name });

describe('the tab Settings', () => {
  it('moves jobs that wait, cancels one, and interrupts the one at work', async () => {
    const reached = gate();
    const hold = gate();
    const host = new PretendedHost((step) => {
      if (step !== 2) return;
      reached.open();
      return hold.passed;
    });
    const { page, service } = await openPage({ host });
    onTestFinished(hold.open);
    const jobs: Job[] = [];
    for (const each of ['first', 'second', 'third', 'fourth']) jobs.push(await service.submit(named(each)));
    await reached.passed;
    await page.getByRole('tab', { name: 'Settings' }).click();
    const queue = part(page, 'Queue');
    await queue.getByRole('button', { name: 'Sooner: txt2img: fourth' }).click();
    await expect.poll(() => service.get(jobs[3]?.id ?? '')?.position).toBe(2);
    await queue.getByRole('button', { name: 'Cancel: txt2img: second' }).click();
    await expect.poll(() => service.get(jobs[1]?.id ?? '')?.state).toBe('cancelled');
    await queue.getByRole('button', { name: 'Interrupt: txt2img: first' }).click();
    hold.open();
    await service.ended(jobs[2]?.id ?? '');
    await page.getByText('Nothing is being made, and nothing waits.').waitFor();
    expect(host.prompts).toEqual(['first', 'fourth', 'third']);
    expect(service.get(jobs[0]?.id ?? '')?.state).toBe('interrupted');
  });

  it('shows what was made, makes it once more, and forgets it', async () => {
    const host = new PretendedHost();
    const { page, service } = await openPage({ host });
    const { id } = await service.submit(named('a red apple'));
    await service.ended(id);
    await page.getByRole('tab', { name: 'Settings' }).click();
    const recent = part(page, 'Recent jobs');
    await recent.getByRole('button', { name: 'Once more' }).click();
    await expect.poll(() => recent.getByText('txt2img: a red apple').count()).toBe(2);
    await recent.getByRole('button', { name: 'Forget' }).last().click();
    await expect.poll(() => service.get(id)).toBeUndefined();
    await recent.getByRole('button', { name: 'Show' }).first().click();
    await page.locator('video').first().waitFor();
    expect(host.prompts).toEqual(['a red apple', 'a red apple']);
  });
});
