import type { BatchRequest } from '#src/diffusion/batch-request.js';

/** A batch of one for the tiny model. */
export function batchOf(changes: Partial<BatchRequest> = {}): BatchRequest {
  return {
    ...{ prompt: 'a red apple', negativePrompt: '', sampler: 'Euler', scheduler: 'Automatic', steps: 2 },
    ...{ width: 32, height: 32, cfgScale: 4, guidanceRescale: 0, clipSkip: 1 },
    ...{ seeds: [42], generator: 'cpu', variationSeeds: [0], variationStrength: 0 },
    ...changes,
  };
}
