import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkRequest } from '#src/hosts/check-request.js';
import { type ComfyuiHostSettings, createComfyuiHost } from '#src/hosts/comfyui/host.js';
import type { GenerationEvent, GenerationRequest } from '#src/hosts/host.js';
import { decodePicture } from '#src/hosts/remote/pictures.js';
import { fitStart } from '#src/hosts/start-picture.js';
import { emerging } from '../../helpers/pictures.js';
import { FakeComfyui, type FakeRun, finished, type Script, size } from './fake-comfyui.js';

const request = { prompt: 'a red apple', seed: 5, steps: 3, ...size } satisfies GenerationRequest;
const twoPasses = JSON.parse(readFileSync(new URL('two-passes.json', import.meta.url), 'utf8'));

type Outcome = { steps: string[]; images: string[]; notes: string[]; events: GenerationEvent[]; error: unknown };

/** Generates to the end; the outcome in short: steps as `image:pass:step`, images as `image:reason`. */
async function generate(
  fake: FakeComfyui,
  wanted: GenerationRequest = request,
  {
    settings = {},
    signal,
    skips,
    onStep = () => {},
    onNote = () => {},
  }: {
    settings?: ComfyuiHostSettings;
    signal?: AbortSignal;
    skips?: EventTarget;
    onStep?: (step: string) => void;
    onNote?: () => void;
  } = {},
): Promise<Outcome> {
  const outcome: Outcome = { steps: [], images: [], notes: [], events: [], error: undefined };
  await using host = createComfyuiHost({ url: fake.url, ...settings });
  try {
    for await (const event of host.generate(wanted, signal, skips)) {
      outcome.events.push(event);
      if (event.type === 'note') {
        outcome.notes.push(event.message);
        onNote();
      }
      if (event.type === 'image') outcome.images.push(`${event.image}:${event.reason}`);
      if (event.type !== 'step') continue;
      const picture = await event.picture('denoised');
      expect(picture).toMatchObject(size);
      outcome.steps.push(`${event.image}:${event.pass}:${event.step}`);
      onStep(outcome.steps.at(-1) ?? '');
    }
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

const threeSteps: Script = async (run) => {
  for (let step = 1; step <= 3; step++) await run.step('sampler', step, 3);
  run.end();
};

describe('the ComfyUI host', () => {
  it('yields every step once, in order, and the image that ComfyUI made', async () => {
    const fake = await FakeComfyui.start(async (run) => {
      run.event('execution_start');
      await run.step('sampler', 1, 3);
      await run.preview('sampler', 0.4);
      await run.step('sampler', 3, 3);
      await run.step('sampler', 2, 3);
      await run.preview('decode', 1);
      run.end();
    });
    const { steps, images, events, error } = await generate(fake);
    expect(error).toBeUndefined();
    expect(steps).toEqual(['0:0:1', '0:0:3']);
    expect(images).toEqual(['0:finished']);
    const image = events.find((event) => event.type === 'image');
    expect(Buffer.from(image?.picture.data ?? []).equals(finished.data)).toBe(true);
    expect(events.at(-1)).toEqual({ type: 'end' });
    expect(JSON.parse(fake.firstMessages[0] ?? '')).toEqual({
      type: 'feature_flags',
      data: { supports_preview_metadata: true },
    });
  });

  it('understands the previews of older ones', async () => {
    const fake = await FakeComfyui.start(async (run) => {
      run.event('executing', { node: 'sampler' });
      for (let step = 1; step <= 3; step++) await run.legacyStep('sampler', step, 3);
      run.event('executing', { node: 'image' });
      run.end();
      run.event('executing', { node: null });
    });
    expect(await generate(fake)).toMatchObject({ steps: ['0:0:1', '0:0:2', '0:0:3'], images: ['0:finished'] });
  });

  it('sends batches singly, each under its own client and never to be answered from the cache', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    const { steps, images } = await generate(fake, { ...request, batchSize: 2 });
    expect(steps).toHaveLength(6);
    expect(images).toEqual(['0:finished', '1:finished']);
    const inputs = fake.runs.map(({ submitted }) => submitted.prompt.sampler?.inputs ?? {});
    expect(inputs.map(({ seed }) => seed)).toEqual([5, 6]);
    const [first, second] = inputs.map(({ steps_animation_run: run }) => run);
    expect(first).toMatch(/^[\da-f-]{36}$/u);
    expect(first).not.toBe(second);
    expect(fake.runs[0]?.submitted.extra_data).toMatchObject({ preview_method: 'taesd' });
  });

  it('keeps the passes of a workflow apart, and puts the request into it', async () => {
    const fake = await FakeComfyui.start(async (run) => {
      for (let step = 1; step <= 4; step++) await run.step('5', step, 4);
      for (let step = 1; step <= 2; step++) await run.step('9', step, 2);
      run.end();
    });
    const wanted = { prompt: 'a blue fish', negativePrompt: 'blurry', seed: 7, width: 128 };
    const { steps, events } = await generate(fake, wanted, { settings: { workflow: twoPasses } });
    expect(steps).toEqual(['0:0:1', '0:0:2', '0:0:3', '0:0:4', '0:1:1', '0:1:2']);
    expect(events[0]).toMatchObject({
      passes: [
        { kind: 'base', steps: 4 },
        { kind: 'hires', steps: 2 },
      ],
    });
    const prompt = fake.runs[0]?.submitted.prompt ?? {};
    expect(prompt['2']?.inputs.text).toBe('a blue fish');
    expect(prompt['3']?.inputs.text).toBe('blurry');
    expect([prompt['5']?.inputs.seed, prompt['9']?.inputs.seed]).toEqual([7, 7]);
    expect(prompt['4']?.inputs).toMatchObject({ width: 128, height: 64 });
    expect(prompt['9']?.inputs).toMatchObject({ steps: 2, denoise: 0.5 });
  });

  it('starts from a picture that it sends first', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    const picture = emerging(80, 60, 0.5);
    const start = { picture, mask: picture, denoisingStrength: 0.6 };
    expect(await generate(fake, { ...request, start })).toMatchObject({ images: ['0:finished'], error: undefined });
    const prompt = fake.runs[0]?.submitted.prompt ?? {};
    expect(prompt.picture?.inputs.image).toBe('picture-1.png [temp]');
    expect(prompt.mask?.inputs.image).toBe('picture-2.png [temp]');
    expect(prompt.sampler?.inputs.denoise).toBe(0.6);
    const shown = await generate(fake, { ...request, start: { ...start, startFrame: true } });
    expect(shown.steps).toEqual(['0:0:1', '0:1:1', '0:1:2', '0:1:3']);
    expect(shown.events[0]).toMatchObject({ passes: [{ steps: 1, exact: true }, { steps: 3 }] });
  });

  it('sends the picture and its mask in the size of the image, as they are to be fitted', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    const picture = emerging(80, 20, 0.5);
    for (const resizeMode of ['crop', 'stretch', 'fill'] as const) {
      const start = { picture, mask: picture, resizeMode, maskBlur: 2 };
      await generate(fake, { ...request, start });
      const checked = checkRequest({ start }).start;
      if (!checked) throw new Error('There is no starting picture.');
      const fitted = await fitStart(checked, size);
      const [sent, mask] = await Promise.all(fake.uploads.splice(0).map((file) => decodePicture(file, 'ComfyUI')));
      expect(sent).toEqual({ ...size, data: Buffer.from(fitted.picture.data) });
      expect(mask?.data.filter((_, index) => index % 3 === 0)).toEqual(Buffer.from(fitted.mask ?? []));
    }
  });

  it('says what has no place in its workflow', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    const seedResize = { seedResizeFromWidth: 64, seedResizeFromHeight: 64 };
    const leftOut = { ...seedResize, rho: 5, sTmin: 0.1, sTmax: 9, rng: 'gpu' } as const;
    const labels = 'random number generator, resize seed from width, rho, sigma tmin, sigma tmax';
    const expected = [`These options have no effect with ComfyUI: ${labels}.`];
    expect((await generate(fake, { ...request, ...leftOut })).notes).toEqual(expected);
  });

  it('asks for cheap previews where they are wanted, and says that there are no full ones', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    expect((await generate(fake, { ...request, preview: 'cheap' })).notes).toEqual([]);
    expect((await generate(fake, { ...request, preview: 'full' })).notes).toEqual([expect.stringContaining('TAESD')]);
    const methods = fake.runs.map(({ submitted }) => submitted.extra_data.preview_method);
    expect(methods).toEqual(['latent2rgb', 'taesd']);
  });

  it('says that there are no noisy steps, once', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    await using host = createComfyuiHost({ url: fake.url });
    const notes: string[] = [];
    for await (const event of host.generate({ ...request, batchCount: 2 })) {
      if (event.type === 'step') await event.picture('noisy');
      if (event.type === 'note') notes.push(event.message);
    }
    expect(notes).toEqual([expect.stringContaining('--content noisy had no effect')]);
  });

  it('makes one image of a workflow that makes several at once, and says so', async () => {
    const fake = await FakeComfyui.start(async (run) => run.end());
    const workflow = structuredClone(twoPasses);
    workflow['4'].inputs.batch_size = 3;
    const wanted = { prompt: 'a fish', seed: 7 };
    const { notes } = await generate(fake, wanted, { settings: { workflow } });
    expect(notes).toContainEqual(expect.stringContaining('--batch-size 3'));
    expect(fake.runs[0]?.submitted.prompt['4']?.inputs.batch_size).toBe(1);
    fake.images = 2;
    const { notes: others } = await generate(fake, wanted, { settings: { workflow: twoPasses } });
    expect(others).toContainEqual(expect.stringContaining('made 2 images at once'));
  });

  it('says what to do when no step was shown', async () => {
    const fake = await FakeComfyui.start(async (run) => run.end());
    expect((await generate(fake)).notes).toEqual([expect.stringContaining('--preview-method taesd')]);
  });
});

describe('interruptions of the ComfyUI host', () => {
  const untilInterrupted = (fake: () => FakeComfyui): Script => {
    return async (run: FakeRun) => {
      for (let step = 1; fake().interrupts.length === 0; step++) {
        await run.step('sampler', step, 1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      run.end('interrupted');
    };
  };

  it('end the current image with its last step, and only our own run', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(untilInterrupted(() => fake));
    const stopping = new AbortController();
    const { images, events } = await generate(
      fake,
      { ...request, batchCount: 3 },
      {
        signal: stopping.signal,
        onStep: (step) => step === '0:0:2' && stopping.abort(),
      },
    );
    expect(images).toEqual(['0:interrupted']);
    expect(events.at(-1)).toEqual({ type: 'end' });
    expect(fake.interrupts).toEqual([{ prompt_id: 'run-1' }]);
  });

  it('skip the current batch', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(async (run) =>
      run.id === 'run-1' ? await untilInterrupted(() => fake)(run) : await threeSteps(run),
    );
    const skips = new EventTarget();
    const { images } = await generate(
      fake,
      { ...request, batchCount: 2, batchSize: 2 },
      {
        skips,
        onStep: (step) => step === '0:0:2' && skips.dispatchEvent(new Event('skip')),
      },
    );
    expect(images).toEqual(['0:skipped', '2:finished', '3:finished']);
    expect(fake.runs).toHaveLength(3);
  });

  it('in ComfyUI itself end the run as well', async () => {
    const fake = await FakeComfyui.start(async (run) => {
      await run.step('sampler', 1, 3);
      run.end('interrupted');
    });
    const { images, error } = await generate(fake, { ...request, batchCount: 2 });
    expect({ images, error }).toEqual({ images: ['0:interrupted'], error: undefined });
  });

  it('take a run that waits out of the queue, and leave those of others alone', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    fake.isBusy = true;
    fake.waiting = ['of-another'];
    const stopping = new AbortController();
    const { images, notes } = await generate(fake, request, {
      signal: stopping.signal,
      onNote: () => stopping.abort(),
    });
    expect(images).toEqual([]);
    expect(fake.waiting).toEqual(['of-another']);
    expect(fake.interrupts).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('place 2')]);
  });

  it('stop a run that has just begun when it is taken out of the queue', async () => {
    const fake = await FakeComfyui.start(threeSteps);
    fake.isBusy = true;
    const stopping = new AbortController();
    const onNote = () => {
      fake.beginsWhenAsked = true;
      stopping.abort();
    };
    const stopped = generate(fake, request, { signal: stopping.signal, onNote });
    await expect.poll(() => fake.interrupts).toEqual([{ prompt_id: 'run-1' }]);
    fake.runs[0]?.end('interrupted');
    expect(await stopped).toMatchObject({ images: [], error: undefined });
  });

  it('come when the caller leaves its loop', async () => {
    const fake: FakeComfyui = await FakeComfyui.start(untilInterrupted(() => fake));
    await using host = createComfyuiHost({ url: fake.url });
    for await (const event of host.generate(request)) if (event.type === 'step') break;
    expect(fake.interrupts).toEqual([{ prompt_id: 'run-1' }]);
  });
});
