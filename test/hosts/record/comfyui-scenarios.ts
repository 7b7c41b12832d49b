import { readFileSync } from 'node:fs';
import type { ComfyuiHostSettings } from '#src/hosts/comfyui/host.js';
import { emerging } from '../../helpers/pictures.js';
import type { Scenario } from './run-scenario.js';

export type ComfyuiScenario = Scenario & { readonly settings?: Pick<ComfyuiHostSettings, 'workflow'> };

const small = { prompt: 'a red apple', seed: 5, steps: 4, width: 64, height: 64 };
const twoPasses = JSON.parse(readFileSync(new URL('../comfyui/two-passes.json', import.meta.url), 'utf8'));

/** A file that the ComfyUI of the recordings has. */
const checkpoint = 'tiny-sd15.safetensors';

function workflowWith(name: string, changes: Record<string, unknown> = {}) {
  const loader = { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: name } };
  return { ...twoPasses, 1: loader, ...changes };
}

/** An image of 8 × 8 pixels cannot be blurred over 31: that fails after both passes. */
const failing = workflowWith(checkpoint, {
  12: {
    class_type: 'ImageScale',
    inputs: { image: ['10', 0], upscale_method: 'area', width: 8, height: 8, crop: 'disabled' },
  },
  13: { class_type: 'ImageBlur', inputs: { image: ['12', 0], blur_radius: 31, sigma: 1 } },
  11: { class_type: 'SaveImage', inputs: { images: ['13', 0], filename_prefix: 'x' } },
});

/** What is recorded of ComfyUI. */
export const comfyuiScenarios = {
  txt2img: { request: { ...small, sampler: 'Euler a' } },
  /** all but the sampler is taken from ComfyUI's cache */
  again: { request: { ...small, sampler: 'Euler a' } },
  /** without the feature flag that asks for them with facts, previews come as older ones send them */
  'plain-previews': { request: small, proxy: { isWithheld: (message) => message.includes('feature_flags') } },
  batch: { request: { ...small, steps: 3, batchSize: 2 } },
  img2img: { request: { ...small, start: { picture: emerging(64, 64, 0.5), denoisingStrength: 0.5 } } },
  'two-passes': { request: { prompt: 'a fish', seed: 1 }, settings: { workflow: workflowWith(checkpoint) } },
  interrupt: {
    request: { ...small, steps: 40 },
    onEvent: (_, steps, { stop }) => steps === 3 && stop(),
  },
  skip: {
    request: { ...small, steps: 5, batchCount: 2 },
    onEvent: ({ type }, steps, { skip }) => type === 'step' && steps === 2 && skip(),
  },
  cut: {
    request: { ...small, steps: 6 },
    onEvent: ({ type }, steps, { cut }) => type === 'step' && steps === 2 && cut(),
  },
  queue: { request: { ...small, steps: 3 }, stepsOfAnother: 6 },
  'left-queue': {
    request: small,
    stepsOfAnother: 8,
    onEvent: ({ type }, _, { stop }) => type === 'note' && stop(),
  },
  'unknown-checkpoint': { request: {}, settings: { workflow: workflowWith('none.safetensors') } },
  failure: { request: { prompt: 'a fish', seed: 2 }, settings: { workflow: failing } },
} as const satisfies Record<string, ComfyuiScenario>;
