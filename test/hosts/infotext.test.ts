import { expect, it } from 'vitest';
import { parseInfotext } from '#dist/animation/metadata.js';
import { formatInfotext } from '#dist/hosts/infotext.js';
import { version } from '#dist/version.js';
import { tinyRequest } from './generate.js';

const settings = (model: string) =>
  `Steps: 6, Sampler: Euler a, Schedule type: Automatic, CFG scale: 4, Seed: 42, Size: 32x32, Model: ${model}, Version: steps-animation ${version}`;

it('is written as web UIs write it', () => {
  expect(formatInfotext({ ...tinyRequest, negativePrompt: 'blurry' })).toBe(
    `a red apple\nNegative prompt: blurry\n${settings('tiny-model')}`,
  );
});

it('has a negative prompt only where there is one', () => {
  expect(formatInfotext(tinyRequest)).toBe(`a red apple\n${settings('tiny-model')}`);
  expect(formatInfotext({ ...tinyRequest, prompt: '' })).toBe(settings('tiny-model'));
});

it('quotes values that would be read as more than one, and is read back as it was', () => {
  const model = 'mine, version: "2"';
  const infotext = formatInfotext({ ...tinyRequest, model, negativePrompt: 'a\nb' });
  expect(infotext).toContain(settings('"mine, version: \\"2\\""'));
  expect(parseInfotext(infotext)).toMatchObject({
    prompt: 'a red apple',
    negativePrompt: 'a\nb',
    fields: { Model: model, Seed: '42' },
  });
});
