import { emerging } from '../../helpers/pictures.js';
import type { Scenario } from './run-scenario.js';

/** A model that the InvokeAI of the recordings has, of make_invokeai_model.py. */
const model = 'tiny-sd15';
const small = { model, prompt: 'a red apple', seed: 5, steps: 4, width: 64, height: 64 };
const picture = emerging(64, 64, 0.5);

/** What is recorded of InvokeAI. */
export const invokeaiScenarios = {
  txt2img: { request: small },
  /** of the second order, with noise levels of its own */
  heun: { request: { ...small, sampler: 'Heun', scheduler: 'Karras' } },
  batch: { request: { ...small, steps: 3, batchSize: 2 } },
  img2img: { request: { ...small, start: { picture, mask: picture, denoisingStrength: 0.5 } } },
  interrupt: {
    request: { ...small, steps: 40 },
    onEvent: ({ type }, steps, { stop }) => type === 'step' && steps === 3 && stop(),
  },
  skip: {
    request: { ...small, steps: 40, batchCount: 2 },
    onEvent: ({ type }, steps, { skip }) => type === 'step' && steps === 2 && skip(),
  },
  cut: {
    request: { ...small, steps: 100 },
    onEvent: ({ type }, steps, { cut }) => type === 'step' && steps === 2 && cut(),
  },
  queue: { request: { ...small, steps: 3 }, stepsOfAnother: 60 },
  'left-queue': {
    request: small,
    stepsOfAnother: 100,
    onEvent: ({ type }, _, { stop }) => type === 'note' && stop(),
  },
  /** InvokeAI takes no guidance rescale of 1 */
  refused: { request: { ...small, guidanceRescale: 1 } },
  /** needs a model whose folder has lost the weights of its VAE since it was installed: that fails after the steps */
  failure: { request: { ...small, model: 'broken-sd15' } },
} as const satisfies Record<string, Scenario>;
