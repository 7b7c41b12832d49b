import { StepsAnimationError } from '../../errors.js';
import { checkOptions } from '../../options/check-options.js';
import { generationOptionsSchema } from '../../options/generation-options.js';
import type { GenerationRequest } from '../host.js';
import { planImages } from '../plan-images.js';
import type { ImagePlan } from '../remote/generate-images.js';
import type { StartFiles } from '../remote/pictures.js';
import { leftOut, withoutNode } from '../remote/plan-request.js';
import { checkStart, type Start } from '../start-picture.js';
import { chooseModel, denoisedSamplers, type InvokeaiModel, samplerOf } from './catalogue.js';
import { buildGraph, type Graph } from './graph.js';

/** A checked request. */
export type InvokeaiPlan = ImagePlan & {
  readonly start: Start | undefined;
  /** planned steps of each image */
  readonly steps: number;
  readonly isSecondOrder: boolean;
  /** whether the steps are shown with their noise */
  readonly showsNoise: boolean;
  /** what is sent for one image */
  readonly graphOf: (seed: number, start: StartFiles | undefined) => Graph;
};

/** Options that InvokeAI's nodes have no place for. */
const noPlace = [...withoutNode, 'preview'] as const;

/**
 * Checks a request against the models of an InvokeAI.
 * @throws StepsAnimationError `usage`, naming the value and what is possible
 */
export function planRequest(
  { start: given, ...request }: GenerationRequest,
  models: readonly InvokeaiModel[],
): InvokeaiPlan {
  const wanted = checkOptions(generationOptionsSchema, request);
  const start = given && checkStart(given);
  if (wanted.hiresScale > 1) {
    throw new StepsAnimationError('usage', 'The host invokeai has no hires pass: leave hires scale at 1.');
  }
  const model = chooseModel(models, request.model);
  const size = { width: wanted.width || model.width, height: wanted.height || model.height };
  const options = { ...wanted, ...size };
  const { scheduler, isSecondOrder = false, showsNoise = false } = samplerOf(options.sampler, options.scheduler);
  const strength = start?.denoisingStrength ?? 1;
  const steps = Math.max(Math.ceil(options.steps * strength), 1);
  const passes = [{ kind: 'base', ...size, steps, exact: false }] as const;
  const missing = leftOut(options, noPlace);
  return {
    ...{ passes, start, steps, isSecondOrder, showsNoise },
    images: planImages({ ...options, model: model.id.name, variationStrength: 0 }, passes, { request: { start } }),
    notes: [
      ...(missing.length > 0 ? [`InvokeAI has no place for: ${missing.join(', ')}.`] : []),
      ...(showsNoise ? [noiseNote(options.sampler)] : []),
    ],
    graphOf: (seed, files) =>
      buildGraph({ options, model, scheduler, seed, start: files && { denoisingStrength: strength, ...files } }),
  };
}

function noiseNote(sampler: string): string {
  return `InvokeAI shows the steps of ${sampler} with their noise; it shows denoised steps of ${denoisedSamplers.join(', ')}.`;
}
