import { expect, it } from 'vitest';
import { findSampler } from '#src/diffusion/names.js';
import { parseInfotext } from '#src/infotext/parse-infotext.js';
import { formatInfotext, type InfotextSource } from '#src/infotext/write-infotext.js';
import { type GenerationOptions, generationOptionsSchema } from '#src/options/generation-options.js';
import { version } from '#src/util/version.js';
import { tinyRequest } from '../hosts/generate.js';

const infotextOf = (options: Partial<GenerationOptions> = {}, request: InfotextSource['request'] = {}) =>
  formatInfotext({
    options: generationOptionsSchema.parse({ ...tinyRequest, ...options }),
    ...{ request, planned: [{ sampler: findSampler('Euler a'), scheduler: 'Automatic' }] },
    folder: { name: options.model ?? 'tiny-model' },
  });

const settings = (model: string) =>
  `Steps: 6, Sampler: Euler a, Schedule type: Automatic, CFG scale: 4, Seed: 42, Size: 32x32, Model: ${model}, RNG: CPU, Version: steps-animation ${version}`;

it('is written as web UIs write it', () => {
  expect(infotextOf({ negativePrompt: 'blurry' })).toBe(
    `a red apple\nNegative prompt: blurry\n${settings('tiny-model')}`,
  );
});

it('has a negative prompt only where there is one', () => {
  expect(infotextOf()).toBe(`a red apple\n${settings('tiny-model')}`);
  expect(infotextOf({ prompt: '' })).toBe(settings('tiny-model'));
});

it('quotes values that would be read as more than one, and is read back as it was', () => {
  const model = 'mine, version: "2"';
  const infotext = infotextOf({ model, negativePrompt: 'a\nb' });
  expect(infotext).toContain(settings('"mine, version: \\"2\\""'));
  expect(parseInfotext(infotext)).toMatchObject({
    prompt: 'a red apple',
    negativePrompt: 'a\nb',
    fields: { Model: model, Seed: '42' },
  });
});

it('has the settings that differ from their defaults, by the names of the web UIs', () => {
  expect(infotextOf({ rng: 'gpu' })).not.toContain('RNG');
  const { fields } = parseInfotext(
    infotextOf({ clipSkip: 2, eta: 0.5, variationStrength: 0.25, variationSeed: 7, sChurn: 3, sigmaMin: 0.1, rho: 5 }),
  );
  expect(fields).toMatchObject({
    ...{ 'Clip skip': '2', Eta: '0.5', 'Variation seed': '7', 'Variation seed strength': '0.25' },
    ...{ 'Sigma churn': '3', 'Schedule min sigma': '0.1', 'Schedule rho': '5' },
  });
});
