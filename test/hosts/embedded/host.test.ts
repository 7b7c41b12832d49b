import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { samplerNames, schedulerNames } from '#src/diffusion/names.js';
import { createEmbeddedHost } from '#src/hosts/embedded/host.js';
import type { GenerationEvent } from '#src/hosts/host.js';
import type { Picture } from '#src/pictures/picture.js';
import { generate, pictureDifference, tinyRequest } from '../generate.js';

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const host = createEmbeddedHost({ modelsFolder: fixtures });
afterAll(() => host[Symbol.asyncDispose]());

it('describes what it has', async () => {
  expect(await host.describe()).toEqual({
    models: [{ name: 'tiny-model', width: 32, height: 32, isSizeFixed: false }],
    samplers: samplerNames,
    schedulers: schedulerNames,
  });
});

describe('a run', () => {
  it('yields its start, its noise, its steps, its image and its end', async () => {
    const { events, images } = await generate(host, { steps: 3, width: 0, height: 0 });
    expect(events.map(({ type }) => type)).toEqual(['start', 'noise', 'step', 'step', 'step', 'image', 'end']);
    expect(events[0]).toMatchObject({
      images: [{ batch: 0, position: 0, seed: 42, width: 32, height: 32, infotext: images[0]?.infotext }],
      passes: [{ kind: 'base', width: 32, height: 32, steps: 3, exact: true }],
    });
    expect(images[0]).toMatchObject({ image: 0, reason: 'finished', picture: { width: 32, height: 32 } });
    expect(images[0]?.picture.data).toHaveLength(32 * 32 * 3);
  });

  it.each(['Euler a', 'Euler'])('with %s gives the same image every time, decoded steps or not', async (sampler) => {
    const first = await generate(host, { sampler });
    await using other = createEmbeddedHost({ modelsFolder: fixtures });
    const second = await generate(other, { sampler }, { content: 'denoised' });
    expect(pictureDifference(first.images[0]?.picture, second.images[0]?.picture)).toBe(0);
  });

  it('shows steps that end on the finished image', async () => {
    const { images, pictures } = await generate(host, {}, { content: 'denoised' });
    expect(pictures).toHaveLength(6);
    expect(pictureDifference(pictures.at(-1), images[0]?.picture)).toBeLessThanOrEqual(1);
    expect(pictureDifference(pictures[0], images[0]?.picture)).toBeGreaterThan(10);
  });

  it('shows the noisy latents too', async () => {
    const denoised = await generate(host, {}, { content: 'denoised' });
    const noisy = await generate(host, {}, { content: 'noisy' });
    expect(pictureDifference(noisy.pictures[0], denoised.pictures[0])).toBeGreaterThan(10);
  });

  it('gives the noise that the sampler starts from, and how much noise is left at each step', async () => {
    const taken: Promise<Picture>[] = [];
    const onEvent = (event: GenerationEvent) => {
      if (event.type === 'noise') taken.push(event.picture());
      if (event.type === 'step' && event.step === 1) taken.push(event.picture('noisy'));
    };
    const { events } = await generate(host, {}, { content: 'denoised', onEvent });
    const [noise, first] = await Promise.all(taken);
    expect(pictureDifference(noise, first)).toBe(0);
    const sigmas = events.flatMap((event) => (event.type === 'step' ? [event.sigma ?? 0] : []));
    expect(sigmas[0]).toBeGreaterThan(10);
    expect(sigmas).toEqual(sigmas.toSorted((a, b) => b - a));
    expect(sigmas.at(-1)).toBeGreaterThan(0);
  });

  it('decodes no step after its end', async () => {
    const { events } = await generate(host, { steps: 2 });
    const step = events.find((event) => event.type === 'step');
    await expect(step?.picture('denoised')).rejects.toMatchObject({ name: 'StepsAnimationError' });
  });

  it('makes batches of the images that there would be one by one', async () => {
    const { images, events } = await generate(host, { batchCount: 2, batchSize: 2 });
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(4 * 6);
    expect(images.map(({ image }) => image)).toEqual([0, 1, 2, 3]);
    for (const [i, image] of images.entries()) {
      const alone = await generate(host, { seed: 42 + i });
      expect(pictureDifference(image.picture, alone.images[0]?.picture)).toBeLessThanOrEqual(1);
      expect(image.infotext).toBe(alone.images[0]?.infotext);
    }
  });

  it.each([
    ['prompt', { prompt: 'a blue car' }],
    ['negative prompt', { negativePrompt: 'red' }],
    ['CFG scale', { cfgScale: 1 }],
    ['seed', { seed: 43 }],
    ['scheduler', { scheduler: 'karras' }],
    ['sampler', { sampler: 'k_euler' }],
  ])('heeds the %s', async (_, change) => {
    const [byDefault, changed] = [await generate(host), await generate(host, change)];
    expect(pictureDifference(byDefault.images[0]?.picture, changed.images[0]?.picture)).toBeGreaterThan(0);
  });

  it('takes a model by its folder, sizes other than the default and a random seed', async () => {
    const model = `${fixtures}/tiny-model`;
    const { events, images } = await generate(host, { model, width: 48, height: 24, seed: -1, steps: 1 });
    expect(images[0]?.picture).toMatchObject({ width: 48, height: 24 });
    expect(events[0]).toMatchObject({ images: [{ seed: expect.any(Number) }] });
  });
});

describe('an aborted run', () => {
  it('stops after the current step and keeps its last picture', async () => {
    const stop = new AbortController();
    let steps = 0;
    const { events, images, pictures } = await generate(
      host,
      { steps: 1000, batchCount: 2 },
      {
        content: 'denoised',
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'step' && ++steps === 3) stop.abort();
        },
      },
    );
    expect(images.map(({ reason }) => reason)).toEqual(['interrupted']);
    expect(events.at(-1)).toEqual({ type: 'end' });
    expect(pictures.length).toBeLessThan(1000);
    expect(pictureDifference(pictures.at(-1), images[0]?.picture)).toBe(0);
  });

  it('ends at once while its model is being loaded', async () => {
    await using loading = createEmbeddedHost({ modelsFolder: fixtures });
    const { events } = await generate(loading, {}, { signal: AbortSignal.abort() });
    expect(events).toEqual([{ type: 'end' }]);
  });

  it('leaves the host ready for the next', async () => {
    for await (const event of host.generate({ ...tinyRequest, steps: 1000 })) if (event.type === 'step') break;
    const { images } = await generate(host);
    expect(images[0]?.reason).toBe('finished');
  });
});

describe('a skipped batch', () => {
  it('ends after the current step, and the next one is made', async () => {
    const skips = new EventTarget();
    let steps = 0;
    const { images, events } = await generate(
      host,
      { steps: 200, batchCount: 3 },
      {
        skips,
        onEvent: (event) => {
          if (event.type === 'step' && ++steps === 3) skips.dispatchEvent(new Event('skip'));
        },
      },
    );
    expect(images.map(({ image, reason }) => [image, reason])).toEqual([
      [0, 'skipped'],
      [1, 'finished'],
      [2, 'finished'],
    ]);
    const stepsOf = (image: number) => events.filter((event) => event.type === 'step' && event.image === image).length;
    expect([stepsOf(0) < 200, stepsOf(1), stepsOf(2)]).toEqual([true, 200, 200]);
  });
});

describe('a wrong request', () => {
  it.each([
    ['model', { model: 'unheard' }, 'tiny-model'],
    ['sampler', { sampler: 'unheard' }, 'Euler a, Euler'],
    ['scheduler', { scheduler: 'unheard' }, 'Automatic, Uniform, Karras'],
    ['width', { width: 500 }, 'multiple of 8'],
    ['height', { height: 100_000 }, '4096'],
    ['steps', { steps: 0 }, 'a whole number from 1 to'],
    ['steps', { steps: 2.5 }, 'a whole number'],
    ['cfgScale', { cfgScale: 0.5 }, 'a number from 1 to'],
    ['cfgScale', { cfgScale: Number.NaN }, 'number'],
    ['batchCount', { batchCount: 0 }, 'a whole number from 1'],
    ['batchSize', { batchSize: -1 }, 'a whole number from 1'],
    ['seed', { seed: 2 ** 32 }, 'a whole number from -1 to 4294967295'],
  ])('is refused for its %s', async (name, change, remedy) => {
    const running = generate(host, change);
    await expect(running).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(name) });
    await expect(running).rejects.toThrow(remedy);
    await expect(running).rejects.toThrow(String(Object.values(change)[0]));
  });

  it('for an incomplete model folder names the folder and the file', async () => {
    const model = fileURLToPath(new URL('.', import.meta.url));
    await expect(generate(host, { model })).rejects.toMatchObject({ code: 'model' });
    await expect(generate(host, { model })).rejects.toThrow(/model_index\.json/u);
  });
});

const packaged = createEmbeddedHost();
afterAll(() => packaged[Symbol.asyncDispose]());
const { models } = await packaged.describe();

it('comes with a model', () => {
  expect(models.map(({ name }) => name)).toEqual(['emoji']);
});

describe.each(models)('the embedded model $name', ({ name, width, height }) => {
  it('says which size it makes before it samples', async () => {
    const events: string[] = [];
    const running = generate(
      packaged,
      { ...tinyRequest, model: name, width: width * 2, height },
      { onEvent: ({ type }) => events.push(type) },
    );
    await expect(running).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`${width}x${height}`),
    });
    expect(events).toEqual([]);
  });

  it('draws what the prompt says', async () => {
    const request = { seed: 42, width: 0, height: 0, model: name, steps: 20 };
    const apple = await generate(packaged, { ...request, prompt: 'a red apple on a white background' });
    const sky = await generate(packaged, { ...request, prompt: 'a red apple on a dark blue background' });
    const [white, blue] = [apple, sky].map(({ images }) => images[0]?.picture);
    for (const picture of [white, blue]) {
      const { red, green, blue: rest } = meanColour(picture, 0.4, 0.6);
      expect(red).toBeGreaterThan(150);
      expect(Math.max(green, rest)).toBeLessThan(red - 80);
    }
    expect(Math.min(...Object.values(meanColour(white, 0, 0.06)))).toBeGreaterThan(200);
    const corner = meanColour(blue, 0, 0.06);
    expect(corner.blue).toBeGreaterThan(corner.red + 30);
  });

  it('makes the same image every time, and steps that end on it', async () => {
    // By itself it would show rough pictures while the machine is busy.
    const request = {
      prompt: 'a red apple',
      seed: 42,
      width: 0,
      height: 0,
      model: name,
      steps: 8,
      preview: 'full',
    } as const;
    const first = await generate(packaged, request);
    const second = await generate(packaged, request, { content: 'denoised' });
    expect(first.images[0]?.picture).toMatchObject({ width, height });
    expect(pictureDifference(first.images[0]?.picture, second.images[0]?.picture)).toBe(0);
    expect(pictureDifference(second.pictures.at(-1), first.images[0]?.picture)).toBeLessThanOrEqual(2);
  });
});

/** The mean colour of a square of a picture, which reaches from one share of its sides to another. */
function meanColour(picture: Picture | undefined, from: number, to: number) {
  const { width = 0, height = 0, data = new Uint8Array() } = picture ?? {};
  const sums = { red: 0, green: 0, blue: 0 };
  let pixels = 0;
  for (let y = Math.floor(from * height); y < to * height; y++) {
    for (let x = Math.floor(from * width); x < to * width; x++) {
      const at = (y * width + x) * 3;
      sums.red += data[at] ?? 0;
      sums.green += data[at + 1] ?? 0;
      sums.blue += data[at + 2] ?? 0;
      pixels++;
    }
  }
  return { red: sums.red / pixels, green: sums.green / pixels, blue: sums.blue / pixels };
}
