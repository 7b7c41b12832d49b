import { expect, it } from 'vitest';
import { gate, PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';

it('shows a notice while the connection is lost, and reconnects by itself', async () => {
  const hold = gate();
  const { page, server, service, browserErrors } = await openPage({
    host: new PretendedHost((step) => (step === 3 ? hold.passed : undefined)),
  });
  await page.getByRole('button', { name: /^Generate/u }).click();
  await page.getByRole('progressbar').first().waitFor();
  const notice = page.getByText('The connection is gone.');
  await server.close();
  await notice.waitFor();
  hold.open();
  const [job] = service.list();
  await service.ended(job?.id ?? '');
  await server.reopen();
  await page.locator('video').first().waitFor();
  await notice.waitFor({ state: 'detached' });
  expect(browserErrors.splice(0).every((message) => /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/u.test(message))).toBe(
    true,
  );
});
