import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForgePage } from './forge-page.js';
import { ForgeProcess } from './forge-process.js';

const folder = process.env.STEPS_ANIMATION_FORGE;
if (!folder) console.warn('STEPS_ANIMATION_FORGE names no checkout of Forge: the panel is not tested in its page.');

describe.skipIf(!folder)('in the page of Forge', { timeout: 600_000 }, () => {
  let forge: ForgeProcess;
  let browser: Browser;
  let page: ForgePage;
  /** outside of what Forge lets its page have */
  let outputs: string;

  beforeAll(async () => {
    outputs = await mkdtemp(join(tmpdir(), 'steps-animation-test-'));
    const data = await mkdtemp(join(tmpdir(), 'steps-animation-test-'));
    forge = await ForgeProcess.start(folder ?? '', data, { outdir_samples: outputs });
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '', args: ['--no-sandbox'] });
    page = await ForgePage.open(await browser.newPage({ viewport: { width: 1280, height: 1100 } }), forge.address);
  }, 900_000);
  afterAll(async () => {
    await browser?.close();
    await forge?.[Symbol.asyncDispose]();
    for (const used of [outputs, forge?.data]) if (used) await rm(used, { recursive: true });
  });

  it('has a panel in both tabs', async () => {
    for (const tab of ['txt2img', 'img2img']) {
      expect(await page.locator(`#script_${tab}_steps_animation_accordion`).count()).toBe(1);
      expect(await page.locator(`#image_buttons_${tab} ~ #steps_animation_animate_${tab}`).count()).toBe(1);
    }
    await page.openPanel('txt2img');
    await page.makeSmall('txt2img');
  });

  it('shows the movie of an image', async () => {
    await page.enable('txt2img');
    await page.generate('txt2img');
    const movie = await page.shown('txt2img', 'video');
    expect(movie).toContain(join(outputs, 'animation'));
    expect(await page.locator('#steps_animation_player_txt2img video').count()).toBe(1);
  });

  it('animates the image that was made without', async () => {
    const earlier = await page.locator('#steps_animation_result_txt2img video').getAttribute('src');
    await page.enable('txt2img', false);
    await page.generate('txt2img');
    await page.locator('#steps_animation_animate_txt2img').click();
    await page.shown('txt2img', 'video', earlier ?? '');
    expect(await readdir(join(outputs, 'animation'))).toHaveLength(2);
  });

  it('saves a step', async () => {
    await page.locator('#steps_animation_step_txt2img input').fill('3');
    await page.locator('#steps_animation_save_step_txt2img').click();
    expect(await page.shown('txt2img', 'img')).toMatch(/-step-3\.png$/u);
    await page.locator('#steps_animation_step_txt2img input').fill('9');
    await page.locator('#steps_animation_save_step_txt2img').click();
    await page.locator('#steps_animation_result_txt2img').getByText('the image has no step 9').waitFor();
  });

  it('makes a movie of a file of latents', async () => {
    await page.enable('txt2img');
    await page.locator('#script_txt2img_steps_animation_save_latents input').check();
    await page.generate('txt2img');
    const movie = await page.shown('txt2img', 'video');
    const names = await readdir(join(outputs, 'intermediate'));
    const [file = ''] = names.filter((name) => name.endsWith('.safetensors'));
    await page.locator('#steps_animation_file_txt2img textarea').fill(file);
    await page.locator('#steps_animation_animate_file_txt2img').click();
    await page.shown('txt2img', 'video', movie);
    await page.locator('#steps_animation_file_txt2img textarea').fill('../elsewhere.safetensors');
    await page.locator('#steps_animation_animate_file_txt2img').click();
    await page.locator('#steps_animation_result_txt2img').getByText('there is no file').waitFor();
  });

  it('works in img2img as well', async () => {
    await page.locator('#txt2img_send_to_img2img').click();
    await page.makeSmall('img2img');
    await page.openPanel('img2img');
    await page.enable('img2img');
    await page.generate('img2img');
    expect(await page.shown('img2img', 'video')).toContain(outputs);
  });
});
