import { describe, expect, it } from 'vitest';
import type { GenerationEvent, GenerationRequest } from '#src/hosts/host.js';
import { createWebuiHost } from '#src/hosts/webui/host.js';

// A web UI that runs with --api and needs no login, with any small model: 64×64 pixels are asked for.
const url = process.env.STEPS_ANIMATION_WEBUI_URL;
if (!url) console.warn('STEPS_ANIMATION_WEBUI_URL names no web UI: the host is not tested with one.');

async function generate(
  request: GenerationRequest,
  onEvent: (event: GenerationEvent) => void = () => {},
  signal?: AbortSignal,
) {
  await using host = createWebuiHost({ url: url ?? '' });
  const events: GenerationEvent[] = [];
  const small = { prompt: 'a red apple', seed: 42, steps: 8, width: 64, height: 64 };
  for await (const event of host.generate({ ...small, ...request }, signal)) {
    events.push(event);
    onEvent(event);
  }
  const steps = events.filter((event) => event.type === 'step').map(({ pass, step }) => pass * 100 + step);
  return { steps, images: events.filter((event) => event.type === 'image') };
}

/** All settings but the hash of the model, which is known only when that has been loaded. */
async function settings(): Promise<Record<string, unknown>> {
  const all = (await (await fetch(`${url}/sdapi/v1/options`)).json()) as Record<string, unknown>;
  return { ...all, sd_checkpoint_hash: undefined };
}

describe.skipIf(!url)('a real web UI', { timeout: 300_000 }, () => {
  it.each(['Euler a', 'Heun', 'DPM++ 2M SDE', 'DDIM', 'DPM adaptive'])(
    'shows the steps of %s in order',
    async (sampler) => {
      const before = await settings();
      const { steps, images } = await generate({ sampler, clipSkip: 2, rng: 'gpu' });
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      expect(steps.length).toBeGreaterThan(2);
      expect(images).toMatchObject([{ reason: 'finished', picture: { width: 64, height: 64 } }]);
      expect(images[0]?.infotext).toContain(`Sampler: ${sampler}`);
      expect(await settings()).toEqual(before);
    },
  );

  it('shows both passes of a hires run', async () => {
    const { steps, images } = await generate({ hiresScale: 2, hiresSteps: 6 });
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(new Set(steps.map((step) => Math.floor(step / 100)))).toEqual(new Set([0, 1]));
    expect(Math.max(...steps)).toBeLessThanOrEqual(106);
    expect(images[0]?.picture).toMatchObject({ width: 128, height: 128 });
  });

  it('starts from a picture', async () => {
    const picture = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(90) };
    const { steps, images } = await generate({ start: { picture, mask: picture, denoisingStrength: 0.5 }, steps: 14 });
    expect(Math.max(...steps)).toBeLessThanOrEqual(8);
    expect(images).toMatchObject([{ reason: 'finished' }]);
  });

  it('makes the same image as without live previews', async () => {
    const { images } = await generate({});
    const body = {
      prompt: 'a red apple',
      seed: 42,
      steps: 8,
      width: 64,
      height: 64,
      sampler_name: 'Euler a',
      cfg_scale: 4,
    };
    const override_settings = { randn_source: 'CPU', live_previews_enable: false };
    const response = await fetch(`${url}/sdapi/v1/txt2img`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, override_settings }),
    });
    const answer = (await response.json()) as { images: string[] };
    const { default: sharp } = await import('sharp');
    const alone = await sharp(Buffer.from(answer.images[0] ?? '', 'base64'))
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(Buffer.compare(alone, Buffer.from(images[0]?.picture.data ?? []))).toBe(0);
  });

  it('stops after the current step', async () => {
    const aborting = new AbortController();
    const stop = ({ type }: GenerationEvent) => void (type === 'step' && aborting.abort());
    const { images } = await generate({ steps: 150 }, stop, aborting.signal);
    expect(images).toMatchObject([{ reason: 'interrupted' }]);
  });
});
