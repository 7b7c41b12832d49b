import { expect, it } from 'vitest';
import { generationOptionsSchema, img2imgOptionsSchema } from '#src/options/generation-options.js';

it('has a default for every option', () => {
  const defaults = generationOptionsSchema.parse({});
  expect(Object.keys(defaults)).toEqual(Object.keys(generationOptionsSchema.shape));
  expect(defaults).toMatchObject({
    ...{ prompt: '', negativePrompt: '', model: 'emoji', sampler: 'Euler a', scheduler: 'Automatic' },
    ...{ steps: 20, cfgScale: 4, seed: -1, width: 0, height: 0, batchCount: 1, batchSize: 1 },
    ...{ hiresScale: 1, variationStrength: 0, clipSkip: 1, rng: 'cpu', preview: 'auto', eta: 'auto' },
  });
  expect(img2imgOptionsSchema.parse({})).toEqual({
    ...{ denoisingStrength: 0.75, resizeMode: 'crop', maskBlur: 4, startFrame: false },
  });
});

it('describes every option', () => {
  for (const [name, option] of Object.entries({ ...generationOptionsSchema.shape, ...img2imgOptionsSchema.shape })) {
    expect(option.meta(), name).toMatchObject({ label: expect.any(String), help: expect.any(String) });
  }
});

it.each([
  ['width', 100],
  ['width', -8],
  ['height', 4104],
  ['steps', 0],
  ['steps', -3],
  ['steps', 1.5],
  ['cfgScale', 0],
  ['cfgScale', Number.POSITIVE_INFINITY],
  ['seed', -2],
  ['seed', 2 ** 32],
  ['batchCount', 0],
  ['batchSize', 65],
  ['model', ''],
  ['unknown', 1],
])('refuses %s %s', (name, value) => {
  expect(generationOptionsSchema.safeParse({ [name]: value }).success).toBe(false);
});
