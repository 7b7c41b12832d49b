import { describe, expect, it, onTestFinished } from 'vitest';
import type { GenerationEvent, GenerationRequest } from '#src/hosts/host.js';
import { createWebuiHost, type WebuiHostSettings } from '#src/hosts/webui/host.js';
import { type FakeWebui, startFakeWebui } from './fake-webui.js';

type Run = { readonly signal?: AbortSignal; readonly skips?: EventTarget; onEvent?: (event: GenerationEvent) => void };

async function generate(fake: FakeWebui, request: GenerationRequest, run: Run = {}, settings: WebuiHostSettings = {}) {
  const host = createWebuiHost({ url: fake.url, ...settings });
  onTestFinished(() => host[Symbol.asyncDispose]());
  const events: GenerationEvent[] = [];
  const failure = await (async () => {
    for await (const event of host.generate(
      { prompt: 'a red apple', seed: 42, steps: 5, ...request },
      run.signal,
      run.skips,
    )) {
      events.push(event);
      run.onEvent?.(event);
    }
  })().catch((error: unknown) => error);
  const of = <T extends GenerationEvent['type']>(type: T) =>
    events.filter((event): event is Extract<GenerationEvent, { type: T }> => event.type === type);
  const notes = of('note').map(({ message }) => message);
  return { events, failure, steps: of('step'), images: of('image'), start: of('start')[0], notes };
}

/** Where steps are said to belong, and where their pictures show that they do. */
async function placesOf(steps: Awaited<ReturnType<typeof generate>>['steps']) {
  return await Promise.all(
    steps.map(async ({ pass, step, picture }) => {
      const { data } = await picture('denoised');
      return { claimed: [pass, step], shown: [data[1], data[0]] };
    }),
  );
}

const sent = (fake: FakeWebui, path: string) => fake.requests.filter((request) => request.path === path);

describe('the web UI host', () => {
  it('yields every step that the web UI shows once, in order, and the finished image', async () => {
    const fake = await startFakeWebui();
    const { failure, steps, images, notes, start, events } = await generate(fake, {});
    expect(failure).toBeUndefined();
    const places = await placesOf(steps);
    expect(places.map(({ claimed }) => claimed)).toEqual([
      [0, 2],
      [0, 3],
      [0, 4],
      [0, 5],
    ]);
    expect(places.every(({ claimed, shown }) => String(claimed) === String(shown))).toBe(true);
    expect(images).toMatchObject([{ reason: 'finished', infotext: 'a red apple\nSteps: 5, Seed: 42' }]);
    expect(images[0]?.picture).toMatchObject({ width: 16, height: 8 });
    expect(start?.passes).toMatchObject([{ kind: 'base', steps: 5, exact: false }]);
    expect(notes).toEqual(['The web UI showed 4 of 5 steps.']);
    expect(events.at(-1)?.type).toBe('end');
  });

  it('recommends the extension where it sees few of the steps', async () => {
    const fake = await startFakeWebui({ stepsAtOnce: 3 });
    const { steps, notes } = await generate(fake, { steps: 10 });
    expect(steps.map(({ step }) => step)).toEqual([4, 7, 10]);
    expect(notes.join()).toMatch(/showed 3 of 10 steps; its extension/);
  });

  it('knows the passes of a hires run apart', async () => {
    const fake = await startFakeWebui();
    const request = { steps: 4, hiresScale: 2, hiresSteps: 3, width: 64, height: 64 };
    const { steps, start, notes } = await generate(fake, request);
    const places = await placesOf(steps);
    expect(places.map(({ claimed }) => claimed)).toEqual([
      [0, 2],
      [0, 3],
      [0, 4],
      [1, 2],
      [1, 3],
    ]);
    expect(places.every(({ claimed, shown }) => String(claimed) === String(shown))).toBe(true);
    expect(start?.passes).toMatchObject([
      { kind: 'base', width: 64, steps: 4 },
      { kind: 'hires', width: 128, steps: 3 },
    ]);
    expect(notes).toEqual(['The web UI showed 5 of 7 steps.']);
    expect(sent(fake, '/sdapi/v1/txt2img')[0]?.body).toMatchObject({
      ...{ enable_hr: true, hr_scale: 2, hr_upscaler: 'Latent', hr_second_pass_steps: 3, denoising_strength: 0.7 },
    });
  });

  it.each([
    ['adaptive samplers', { sampler: 'DPM adaptive' }, { actualSteps: 9 }],
    ['web UIs without a page', {}, { actualSteps: undefined, intercept: noTasks, knowsTasks: false }],
    ['old web UIs, which name tasks themselves', {}, { knowsTasks: false, actualSteps: undefined }],
  ])('follows the steps of %s', async (_, request, changes) => {
    const fake = await startFakeWebui(changes);
    const { steps, failure } = await generate(fake, request);
    expect(failure).toBeUndefined();
    const places = await placesOf(steps);
    expect(places.length).toBe((changes.actualSteps ?? 5) - 1);
    expect(places.every(({ claimed, shown }) => String(claimed) === String(shown))).toBe(true);
  });

  it('makes the images of batches one by one', async () => {
    const fake = await startFakeWebui();
    const { start, images, steps } = await generate(fake, { batchCount: 2, batchSize: 2, steps: 3 });
    const seeds = sent(fake, '/sdapi/v1/txt2img').map(({ body }) => [body.seed, body.batch_size, body.n_iter]);
    expect(seeds).toEqual([42, 43, 44, 45].map((seed) => [seed, 1, 1]));
    expect(start?.images.map(({ batch, position }) => [batch, position])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(images.map(({ image }) => image)).toEqual([0, 1, 2, 3]);
    expect(steps.map(({ image }) => image)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('says what it means in the words of the API', async () => {
    const fake = await startFakeWebui();
    await generate(fake, {
      ...{ model: 'FIRST', sampler: 'euler', scheduler: 'karras', clipSkip: 2, eta: 0.5, sChurn: 3, rng: 'gpu' },
      ...{ variationStrength: 0.3, variationSeed: 7, seedResizeFromWidth: 64, seedResizeFromHeight: 32 },
      ...{ width: 48, height: 32, cfgScale: 6, negativePrompt: 'a pear', preview: 'tae', sigmaMax: 12 },
    });
    const { body } = sent(fake, '/sdapi/v1/txt2img')[0] ?? {};
    expect(body).toMatchObject({
      ...{ prompt: 'a red apple', negative_prompt: 'a pear', sampler_name: 'Euler', scheduler: 'Karras', steps: 5 },
      ...{ cfg_scale: 6, eta: 0.5, seed: 42, subseed: 7, subseed_strength: 0.3, width: 48, height: 32 },
      ...{ seed_resize_from_w: 64, seed_resize_from_h: 32, override_settings_restore_afterwards: true },
      override_settings: {
        ...{ sd_model_checkpoint: 'first', CLIP_stop_at_last_layers: 2, randn_source: 'GPU', s_churn: 3, s_tmax: 0 },
        ...{ show_progress_every_n_steps: 1, show_progress_type: 'TAESD', live_previews_enable: true, sigma_max: 12 },
      },
    });
    expect(Object.keys(body?.override_settings ?? {})).not.toContain('sigma_min');
  });

  it('leaves the model and the size to the web UI where none is asked for', async () => {
    const fake = await startFakeWebui();
    const { start } = await generate(fake, {});
    const { body } = sent(fake, '/sdapi/v1/txt2img')[0] ?? {};
    expect(body).not.toHaveProperty('width');
    expect(body?.override_settings).not.toHaveProperty('sd_model_checkpoint');
    expect(start?.images[0]?.infotext).toContain('Model: first');
  });

  it('gives settings back that the web UI would keep, but none that somebody has changed meanwhile', async () => {
    const before = { sd_model_checkpoint: 'first', randn_source: 'GPU', s_churn: 1, return_grid: true, other: 1 };
    const fake = await startFakeWebui({ options: before, keepsOverrides: true });
    fake.onStep = (step) => {
      if (step === 5) fake.options = { ...fake.options, s_churn: 7 };
    };
    await generate(fake, { batchCount: 2 });
    expect(fake.options).toMatchObject({ ...before, s_churn: 7 });
    const untouched = await startFakeWebui({ options: before });
    await generate(untouched, {});
    expect(sent(untouched, '/sdapi/v1/options')).toHaveLength(2);
  });

  it('starts from a picture and a mask, and shows that first if wished', async () => {
    const fake = await startFakeWebui();
    const picture = { width: 4, height: 4, data: new Uint8Array(48).fill(200) };
    const start = { picture, mask: picture, denoisingStrength: 0.5, startFrame: true } as const;
    const run = await generate(fake, { start, width: 16, height: 8, steps: 8 });
    expect(run.failure).toBeUndefined();
    const { body } = sent(fake, '/sdapi/v1/img2img')[0] ?? {};
    expect(body).toMatchObject({ denoising_strength: 0.5, resize_mode: 1, mask_blur: 4, inpainting_fill: 1 });
    expect(run.start?.passes.map(({ steps }) => steps)).toEqual([1, 5]);
    expect(run.steps.map(({ pass }) => pass).slice(0, 2)).toEqual([0, 1]);
    expect(await run.steps[0]?.picture('denoised')).toMatchObject({ width: 16, height: 8 });
  });

  it('names the samplers of old web UIs together with their schedulers', async () => {
    const samplers = ['Euler a', 'DPM++ 2M Karras'].map((name) => ({ name, aliases: [] }));
    const fake = await startFakeWebui({ schedulers: undefined, samplers });
    await generate(fake, { sampler: 'DPM++ 2M', scheduler: 'Karras' });
    const { body } = sent(fake, '/sdapi/v1/txt2img')[0] ?? {};
    expect(body?.sampler_name).toBe('DPM++ 2M Karras');
    expect(body).not.toHaveProperty('scheduler');
    const { failure } = await generate(fake, { sampler: 'Euler a', scheduler: 'Karras' });
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining('DPM++ 2M Karras') });
  });

  it('describes what the web UI has, with the loaded model first', async () => {
    const models = ['other', 'first'].map((name) => ({ title: `${name}.safetensors [01]`, model_name: name }));
    const fake = await startFakeWebui({ models, options: { sd_model_checkpoint: 'first.safetensors' } });
    await using host = createWebuiHost({ url: `${fake.url}/` });
    expect(await host.describe()).toEqual({
      models: ['first', 'other'].map((name) => ({ name, width: 512, height: 512 })),
      samplers: ['Euler a', 'Euler', 'DPM adaptive'],
      schedulers: ['Automatic', 'Karras'],
    });
  });

  it.each([
    [{ model: 'missing' }, 'first'],
    [{ sampler: 'Huler' }, 'Euler a'],
    [{ scheduler: 'Carras' }, 'Karras'],
    [{ guidanceRescale: 0.7 }, 'guidance rescale'],
  ])('refuses %j before anything is made', async (request, word) => {
    const fake = await startFakeWebui();
    const { failure, events } = await generate(fake, request);
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining(word) });
    expect(events).toEqual([]);
    expect(sent(fake, '/sdapi/v1/txt2img')).toEqual([]);
  });
});

describe('stopping', () => {
  it('interrupts the web UI and keeps what there is', async () => {
    const fake = await startFakeWebui();
    const aborting = new AbortController();
    const onEvent = (event: GenerationEvent) => void (event.type === 'step' && event.step === 3 && aborting.abort());
    const { failure, images, events } = await generate(
      fake,
      { steps: 50, batchCount: 3 },
      { signal: aborting.signal, onEvent },
    );
    expect(failure).toBeUndefined();
    expect(images).toMatchObject([{ image: 0, reason: 'interrupted' }]);
    expect(sent(fake, '/sdapi/v1/interrupt')).toHaveLength(1);
    expect(sent(fake, '/sdapi/v1/txt2img')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('end');
  });

  it('never interrupts what somebody else asked for', async () => {
    const fake = await startFakeWebui();
    const release = fake.occupy();
    const aborting = new AbortController();
    let polls = 0;
    fake.intercept = (path) => {
      if (path === '/internal/progress' && ++polls === 2) aborting.abort();
      if (path === '/internal/progress' && polls === 5) {
        expect(fake.state.interrupted).toBe(false);
        release();
      }
      return false;
    };
    const { notes, failure, images } = await generate(fake, { steps: 50 }, { signal: aborting.signal });
    expect(failure).toBeUndefined();
    expect(notes[0]).toMatch(/busy .*In queue: 1\/1/);
    expect(notes[1]).toMatch(/as soon as it begins/);
    expect(images.every(({ reason }) => reason === 'interrupted')).toBe(true);
    const interrupts = fake.requests.findIndex(({ path }) => path === '/sdapi/v1/interrupt');
    const pollsBefore = fake.requests.slice(0, interrupts).filter(({ path }) => path === '/internal/progress');
    expect(pollsBefore.length).toBeGreaterThanOrEqual(5);
  });

  it('takes no image of noise for one', async () => {
    const fake = await startFakeWebui();
    fake.onStep = () => {
      fake.state.interrupted = true;
    };
    const { images, failure, events } = await generate(fake, {});
    expect(failure).toBeUndefined();
    expect(images).toEqual([]);
    expect(events.at(-1)?.type).toBe('end');
  });

  it('skips the current batch', async () => {
    const fake = await startFakeWebui();
    const skips = new EventTarget();
    const onEvent = (event: GenerationEvent) => {
      if (event.type === 'step' && event.image === 0 && event.step === 3) skips.dispatchEvent(new Event('skip'));
    };
    const { images } = await generate(fake, { steps: 6, batchCount: 2, batchSize: 2 }, { skips, onEvent });
    expect(images.map(({ image, reason }) => [image, reason])).toEqual([
      [0, 'skipped'],
      [2, 'finished'],
      [3, 'finished'],
    ]);
  });

  it('sees that somebody stopped it in the web UI itself', async () => {
    const fake = await startFakeWebui();
    fake.onStep = (step) => {
      if (step === 3) fake.state.interrupted = true;
    };
    const { images } = await generate(fake, { steps: 6, batchCount: 2 });
    expect(images).toMatchObject([{ image: 0, reason: 'interrupted' }]);
  });

  it('interrupts when nobody listens any more', async () => {
    const fake = await startFakeWebui();
    await using host = createWebuiHost({ url: fake.url });
    for await (const event of host.generate({ steps: 50 })) if (event.type === 'step') break;
    expect(sent(fake, '/sdapi/v1/interrupt')).toHaveLength(1);
  });
});

function noTasks(path: string, response: { statusCode: number; end: (text: string) => void }): boolean {
  if (path !== '/internal/progress') return false;
  response.statusCode = 404;
  response.end('{"detail":"Not Found"}');
  return true;
}
