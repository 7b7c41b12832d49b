/// <reference lib="dom" />
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPicture } from '#src/pictures/picture-files.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { openPage } from './open-page.js';
import { accessibilityProblems, dropFile, generate, goTo, prompt } from './page-helpers.js';

const side = 128;

describe('img2img', () => {
  it('starts from a dropped picture, and regenerates only what is masked', async () => {
    const { page, service } = await openPage();
    await openTab(page);
    await dropFile(page.getByText('Drop a picture'), await greenPicture(), 'image/png');
    await page.getByRole('button', { name: 'Draw a mask' }).click();
    await page.getByRole('radio', { name: 'Brush' }).waitFor({ state: 'attached' });
    await drawAcross(page, 0.25);
    expect(await accessibilityProblems(page)).toEqual([]);

    await prompt(page).fill('a red apple');
    await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('6');
    await generate(page).click();
    await page.locator('video').waitFor({ timeout: 60_000 });
    const [job] = service.list();
    expect(job).toMatchObject({ kind: 'img2img', state: 'finished', images: [{ width: side, height: side }] });
    const { data } = await readPicture(job?.images[0]?.path ?? '');
    const at = (x: number, y: number) => [...data.subarray((y * side + x) * 3, (y * side + x) * 3 + 3)];
    expect(at(side / 2, side - 8)).toEqual([0, 128, 0]);
    expect(at(side / 2, side / 4)).not.toEqual([0, 128, 0]);
  });

  it('asks for a picture when there is none', async () => {
    const { page, service } = await openPage();
    await openTab(page);
    await generate(page).click();
    await page.getByText('Choose a start picture first').waitFor();
    expect(service.list()).toEqual([]);
  });
});

async function openTab(page: Page): Promise<void> {
  await goTo(page, 'img2img');
  await page.getByRole('textbox', { name: 'Steps', exact: true }).waitFor();
}

async function greenPicture(): Promise<string> {
  const path = join(await temporaryFolder(), 'start.png');
  await sharp({ create: { width: side, height: side, channels: 3, background: 'green' } }).toFile(path);
  return path;
}

/** A stroke from the left to the right of the mask, at a share of its height. */
async function drawAcross(page: Page, share: number): Promise<void> {
  const canvas = page.getByRole('img', { name: /^Mask/u });
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) throw new Error('The mask is not visible.');
  const y = box.y + box.height * share;
  await page.mouse.move(box.x + 2, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, y, { steps: 8 });
  await page.mouse.up();
}
