import { StepsAnimationError } from '../../errors.js';
import { checkOptions } from '../../options/check-options.js';
import { generationOptionsSchema } from '../../options/generation-options.js';
import type { GenerationRequest, ImageInfo, PassInfo } from '../host.js';
import { checkStart, layOutImages, leftOut, type Start, withoutNode } from '../remote/plan-request.js';
import { chooseModel, type InvokeaiModel } from './catalogue.js';
import { buildGraph, type Graph, type StartFiles } from './graph.js';
import { denoisedSamplers, samplerOf } from './names.js';

/** A checked request, with every image by itself. */
export type InvokeaiPlan = {
  readonly images: readonly { readonly info: ImageInfo; readonly seed: number }[];
  readonly passes: readonly [PassInfo & { readonly width: number; readonly height: number }];
  /** what a person should know before */
  readonly notes: readonly string[];
  readonly start: Start | undefined;
  readonly isSecondOrder: boolean;
  /** whether the steps are shown with their noise */
  readonly showsNoise: boolean;
  /** what is sent for one image */
  readonly graphOf: (seed: number, start: StartFiles | undefined) => Graph;
};

/** Options that InvokeAI's nodes have no place for. */
const noPlace = [...withoutNode, 'preview'] as const;

/**
 * Checks a request against the models of an InvokeAI and lays it out.
 * @throws StepsAnimationError `usage`, naming the value and what is possible
 */
export function planRequest(
  { start: given, ...request }: GenerationRequest,
  models: readonly InvokeaiModel[],
): InvokeaiPlan {
  const wanted = checkOptions(generationOptionsSchema, request);
  const start = given && checkStart(given);
  if (wanted.hiresScale > 1) {
    throw new StepsAnimationError('usage', 'With InvokeAI there is no hires pass: leave hires scale at 1.');
  }
  const model = chooseModel(models, request.model);
  const size = { width: wanted.width || model.width, height: wanted.height || model.height };
  const options = { ...wanted, ...size };
  const { scheduler, isSecondOrder = false, showsNoise = false } = samplerOf(options.sampler, options.scheduler);
  const strength = start?.denoisingStrength ?? 1;
  const steps = Math.max(Math.ceil(options.steps * strength), 1);
  const passes: InvokeaiPlan['passes'] = [{ kind: 'base', ...size, steps, exact: false }];
  const missing = leftOut(options, noPlace);
  return {
    ...{ passes, start, isSecondOrder, showsNoise },
    images: layOutImages({ ...options, model: model.id.name }, passes, start),
    notes: [
      ...(missing.length > 0 ? [`InvokeAI has no place for: ${missing.join(', ')}.`] : []),
      ...(showsNoise ? [noiseNote(options.sampler)] : []),
    ],
    graphOf: (seed, files) =>
      buildGraph({ options, model, scheduler, seed, start: files && { denoisingStrength: strength, ...files } }),
  };
}

function noiseNote(sampler: string): string {
  return `InvokeAI shows the steps of ${sampler} with their noise; denoised those of ${denoisedSamplers.join(', ')}.`;
}
