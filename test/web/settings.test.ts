import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StepsAnimationError } from '#src/errors.js';
import type { Job } from '#src/service/job.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { startFakeWebui } from '../hosts/webui/fake-webui.js';
import { named } from '../service/open-service.js';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { goTo } from './page-helpers.js';

const part = (page: Page, name: string) => page.getByRole('region', { name });

describe('the tab Settings', () => {
  it('moves and cancels queued jobs, and interrupts the running one', async () => {
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
    await goTo(page, 'Settings');
    const queue = part(page, 'Queue');
    await queue.getByRole('button', { name: 'Move: txt2img: fourth' }).press('ArrowUp');
    await expect.poll(() => service.get(jobs[3]?.id ?? '')?.position).toBe(2);
    await queue.getByRole('button', { name: 'Cancel: txt2img: second' }).click();
    await expect.poll(() => service.get(jobs[1]?.id ?? '')?.state).toBe('cancelled');
    await queue.getByRole('button', { name: 'Stop here: txt2img: first' }).click();
    hold.open();
    await service.ended(jobs[2]?.id ?? '');
    await page.getByText('The queue is empty.').waitFor();
    expect(host.prompts).toEqual(['first', 'fourth', 'third']);
    expect(service.get(jobs[0]?.id ?? '')?.state).toBe('interrupted');
  });

  it('shows which host a job waits for', async () => {
    const host = Object.assign(new PretendedHost(), {
      generate: () => {
        const cause = new Error('connect ECONNREFUSED');
        throw new StepsAnimationError('network', 'Nothing answers there: start it.', { cause });
      },
    });
    const { page, service } = await openPage({ host });
    const { id } = await service.submit(named('first'));
    await goTo(page, 'Settings');
    const queue = part(page, 'Queue');
    await queue.getByText('Waiting for pretended to respond').waitFor();
    await queue.getByRole('button', { name: 'Cancel: txt2img: first' }).click();
    await expect.poll(() => service.get(id)?.state).toBe('cancelled');
  });

  it.runIf(process.platform === 'linux')('adds a host, generates with it, and removes it', async () => {
    vi.stubEnv('XDG_CONFIG_HOME', await temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const fake = await startFakeWebui();
    const { page, service, browserErrors } = await openPage({ host: new PretendedHost() });
    await goTo(page, 'Settings');
    const hosts = part(page, 'Hosts');
    await hosts.getByRole('button', { name: 'Add a host by its address' }).click();
    const form = hosts.getByRole('form', { name: 'Add a host' });
    await form.getByLabel('Name').fill('studio');
    await form.getByLabel('Address').fill(fake.url);
    const { intercept } = fake;
    fake.intercept = (_, response) => {
      response.writeHead(404).end('{"detail":"Not Found"}');
      return true;
    };
    await form.getByRole('button', { name: 'Add' }).click();
    await form.getByRole('alert').getByText('has no API of a web UI').waitFor();
    expect(browserErrors.splice(0)).toEqual([expect.stringContaining('502')]);
    fake.intercept = intercept;
    await form.getByRole('button', { name: 'Add' }).click();
    await hosts.getByRole('button', { name: 'Test studio' }).click();
    await hosts.getByText('Model: first').waitFor();
    await page.getByRole('link', { name: 'Create' }).first().click();
    await page.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: /first .*studio/ }).click();
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await expect.poll(() => service.list()[0]).toMatchObject({ state: 'finished', host: 'studio' });
    await goTo(page, 'Settings');
    await hosts.getByRole('button', { name: 'Remove studio' }).click();
    await expect.poll(() => hosts.getByText('studio').count()).toBe(0);
  });

  it.runIf(process.platform === 'linux')('adds a host that is offline, and reports that', async () => {
    vi.stubEnv('XDG_CONFIG_HOME', await temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const { page } = await openPage({ host: new PretendedHost() });
    await goTo(page, 'Settings');
    const hosts = part(page, 'Hosts');
    await hosts.getByRole('button', { name: 'Add a host by its address' }).click();
    const form = hosts.getByRole('form', { name: 'Add a host' });
    await form.getByLabel('Name').fill('studio');
    await form.getByLabel('Address').fill('http://127.0.0.1:9');
    await form.getByRole('button', { name: 'Add' }).click();
    await page.getByText('studio was added but is offline: Cannot reach').waitFor();
    await hosts.getByRole('button', { name: 'Remove studio' }).waitFor();
  });

  it('shows a recent job, runs it again, and removes it', async () => {
    const host = new PretendedHost();
    const { page, service } = await openPage({ host });
    const { id } = await service.submit(named('a red apple'));
    await service.ended(id);
    await goTo(page, 'Settings');
    const recent = part(page, 'Recent jobs');
    await recent.getByRole('button', { name: 'Run again' }).click();
    await expect.poll(() => recent.getByText('txt2img: a red apple').count()).toBe(2);
    await recent.getByRole('button', { name: 'Remove' }).last().click();
    await expect.poll(() => service.get(id)).toBeUndefined();
    await recent.getByRole('button', { name: 'Show' }).first().click();
    await page.locator('video').first().waitFor();
    expect(host.prompts).toEqual(['a red apple', 'a red apple']);
  });
});
