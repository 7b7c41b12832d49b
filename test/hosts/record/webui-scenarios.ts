import { emerging } from '../../helpers/pictures.js';
import type { Scenario } from './run-scenario.js';

const small = { prompt: 'a red apple', seed: 42, steps: 8, width: 64, height: 64 };

/** What is recorded of Forge. */
export const webuiScenarios = {
  'euler-a': { request: { ...small, sampler: 'Euler a' } },
  hires: { request: { ...small, steps: 5, hiresScale: 2, hiresSteps: 4 } },
  batch: { request: { ...small, steps: 5, batchSize: 2 } },
  img2img: { request: { ...small, start: { picture: emerging(64, 64, 0.5), denoisingStrength: 0.5 } } },
  adaptive: { request: { ...small, sampler: 'DPM adaptive' } },
  interrupt: {
    request: { ...small, steps: 40 },
    onEvent: ({ type }, steps, { stop }) => type === 'step' && steps === 3 && stop(),
  },
  skip: {
    request: { ...small, steps: 12, batchCount: 2 },
    onEvent: ({ type }, steps, { skip }) => type === 'step' && steps === 2 && skip(),
  },
  busy: { request: { ...small, steps: 4 }, stepsOfAnother: 12 },
  /** needs a file broken.safetensors of no bytes beside the model */
  'broken-model': { request: { ...small, model: 'broken' } },
  'unknown-sampler': { request: { ...small, sampler: 'Nonsense' } },
} as const satisfies Record<string, Scenario>;
