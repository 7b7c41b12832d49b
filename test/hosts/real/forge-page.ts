import type { Locator, Page } from 'playwright-core';

/** What the tests do on Forge's page: on a busy CPU everything takes its time. */
export class ForgePage {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(page: Page, address: string): Promise<ForgePage> {
    page.setDefaultTimeout(300_000);
    await page.goto(address, { waitUntil: 'domcontentloaded' });
    await page.waitForFunction(() => 'selected_gallery_index' in window);
    await page.locator('#txt2img_generate').waitFor();
    return new ForgePage(page);
  }

  locator(selector: string): Locator {
    return this.#page.locator(selector);
  }

  /** The smallest images that it makes, with few steps. */
  async makeSmall(tab: string): Promise<void> {
    for (const [name, value] of Object.entries({ width: 64, height: 64, steps: 4 })) {
      const input = this.locator(`#${tab}_${name} input[type=number]`);
      await input.fill(`${value}`);
      await input.blur();
    }
  }

  async openPanel(tab: string): Promise<void> {
    const panel = this.locator(`#script_${tab}_steps_animation_accordion`);
    await panel.getByRole('button', { name: 'Steps animation' }).click();
    await this.#enabled(tab).waitFor();
    await panel.getByRole('button', { name: 'More' }).click();
  }

  async enable(tab: string, isEnabled = true): Promise<void> {
    await this.#enabled(tab).setChecked(isEnabled);
  }

  /** Waits for the image, not for its movie. */
  async generate(tab: string): Promise<void> {
    const image = this.locator(`#${tab}_gallery img`).first();
    const before = (await image.count()) > 0 ? await image.getAttribute('src') : undefined;
    await this.locator(`#${tab}_generate`).click();
    await this.#page.waitForFunction(
      ([gallery, earlier]) => {
        const shown = document.querySelector(`${gallery} img`)?.getAttribute('src');
        return shown && shown !== earlier && !document.querySelector(`${gallery} .livePreview`);
      },
      [`#${tab}_gallery`, before],
    );
  }

  /** The address of the file that is shown below the gallery, when the browser can show it and it is not `earlier`. */
  async shown(tab: string, kind: 'video' | 'img', earlier?: string): Promise<string> {
    const found = await this.#page.waitForFunction(
      ([selector, old]) => {
        const element = document.querySelector(selector ?? '');
        if (!element || element.getAttribute('src') === old) return;
        const width =
          element instanceof HTMLVideoElement ? element.videoWidth : (element as HTMLImageElement).naturalWidth;
        return width > 0 ? element.getAttribute('src') : undefined;
      },
      [`#steps_animation_result_${tab} ${kind}`, earlier],
    );
    return (await found.jsonValue()) ?? '';
  }

  #enabled(tab: string): Locator {
    return this.locator(`#script_${tab}_steps_animation_is_enabled input`);
  }
}
