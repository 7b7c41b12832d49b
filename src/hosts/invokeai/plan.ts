import type { CheckedRequest, Start } from '../check-request.js';
import { type OptionSupport, unsupportedNotes, unsupportedOptions } from '../option-support.js';
import { planImages } from '../plan-images.js';
import type { ImagePlan } from '../remote/generate-images.js';
import type { StartFiles } from '../remote/pictures.js';
import { chooseModel, denoisedSamplers, type InvokeaiModel, samplerOf } from './catalogue.js';
import { invokeai } from './connection.js';
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

/**
 * Checks a request against the models of an InvokeAI.
 * @throws StepsAnimationError `usage`, naming the value and what is possible
 */
export function planRequest(
  { options: wanted, model: modelName, start }: CheckedRequest,
  models: readonly InvokeaiModel[],
): InvokeaiPlan {
  const model = chooseModel(models, modelName);
  const unsupported = unsupportedOptions(wanted, invokeai.name, optionsOf(model));
  const size = { width: wanted.width || model.width, height: wanted.height || model.height };
  const options = { ...wanted, ...size };
  const { scheduler, isSecondOrder = false, showsNoise = false } = samplerOf(options.sampler, options.scheduler);
  const strength = start?.denoisingStrength ?? 1;
  const steps = Math.max(Math.ceil(options.steps * strength), 1);
  const passes = [{ kind: 'base', ...size, steps, exact: false }] as const;
  return {
    ...{ passes, start, steps, isSecondOrder, showsNoise },
    images: planImages({ ...options, model: model.id.name, variationStrength: 0 }, passes, { request: { start } }),
    notes: [...unsupportedNotes(unsupported, invokeai.name), ...(showsNoise ? [noiseNote(options.sampler)] : [])],
    graphOf: (seed, files) =>
      buildGraph({ options, model, scheduler, seed, start: files && { denoisingStrength: strength, ...files } }),
  };
}

/** Its nodes for SDXL have no place for clip skip. */
function optionsOf({ id: { base } }: InvokeaiModel): OptionSupport {
  const { options } = invokeai;
  return base === 'sdxl' ? { ...options, taken: options.taken.filter((name) => name !== 'clipSkip') } : options;
}

function noiseNote(sampler: string): string {
  return `InvokeAI shows the steps of ${sampler} with their noise; it shows denoised steps of ${denoisedSamplers.join(', ')}.`;
}
