import { describe, expect, it } from 'vitest';
import { named } from '../service/open-service.js';
import { PretendedHost } from '../service/pretended-host.js';
import { openPage } from './open-page.js';
import { dropFile, prompt } from './page-helpers.js';

describe('a file that is dropped on the page', () => {
  it.each(['image', 'movie'] as const)('fills the form with the settings of the %s', async (kind) => {
    const { page, service } = await openPage({ host: new PretendedHost() });
    const job = await service.ended((await service.submit(named('a green pear', { steps: 7 }))).id);
    const path = kind === 'image' ? job.images[0]?.path : job.animations[0]?.path;
    await prompt(page).fill('something else');
    await dropFile(page.getByRole('main'), path ?? '', kind === 'image' ? 'image/png' : 'video/mp4');
    await expect.poll(() => prompt(page).inputValue()).toBe('a green pear');
    expect(await page.getByRole('textbox', { name: 'Steps', exact: true }).inputValue()).toBe('7');
    // There is no model of that name here, so the form keeps its own.
    await page.getByText('Not available here: Model').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => prompt(page).inputValue()).toBe('something else');
  });

  it('is refused if it is not an image or a movie', async () => {
    const { page, browserErrors } = await openPage({ host: new PretendedHost() });
    await prompt(page).fill('a red apple');
    await dropFile(page.getByRole('main'), import.meta.filename, 'text/plain');
    await page.getByText('not a readable image or movie').waitFor();
    expect(await prompt(page).inputValue()).toBe('a red apple');
    expect(browserErrors.splice(0)).toEqual([expect.stringContaining('422')]);
  });
});
