import { StepsAnimationError } from '../../errors.js';
import { checkOptions } from '../../options/check-options.js';
import { type GenerationOptions, generationOptionsSchema } from '../../options/generation-options.js';
import type { GenerationRequest, PassInfo, StartRequest } from '../host.js';
import { planImages } from '../plan-images.js';
import type { ImagePlan } from '../remote/generate-images.js';
import { checkStart, type Start } from '../start-picture.js';
import { type Catalogue, chooseModel, chooseSampler, isForge } from './catalogue.js';

/** A checked request in the web UI's own names. Its passes are never exact: some steps have no preview. */
export type WebuiPlan = ImagePlan & {
  /** with the web UI's name of the sampler */
  readonly options: Omit<GenerationOptions, 'model' | 'scheduler'>;
  /** undefined for the loaded one */
  readonly model: string | undefined;
  /** undefined where it is part of the sampler's name */
  readonly scheduler: string | undefined;
  readonly start: Start | undefined;
};

/**
 * Checks a request against what a web UI has.
 * @throws StepsAnimationError `usage`, naming the value and what is possible
 */
export function planRequest({ start, ...given }: GenerationRequest, catalogue: Catalogue): WebuiPlan {
  const { model: _, scheduler: wanted, ...options } = checkOptions(generationOptionsSchema, given);
  const model = given.model === undefined ? undefined : chooseModel(catalogue, given.model);
  const { sampler, scheduler } = chooseSampler(catalogue, { sampler: options.sampler, scheduler: wanted });
  requirePossible(options, start);
  const started = start && checkStart(start);
  const named = { ...options, sampler };
  const shown = {
    ...named,
    scheduler: scheduler ?? wanted,
    model: model ?? catalogue.models[0]?.name ?? '',
  };
  const passes = passesOf(named, started);
  const hires = options.hiresScale > 1 ? { denoisingStrength: options.hiresDenoisingStrength } : undefined;
  return {
    options: named,
    ...{ model, scheduler, start: started },
    images: planImages(shown, passes, { request: { start: started, hires } }),
    passes,
    notes: options.preview === 'full' && isForge(catalogue) ? [noFullPreviews] : [],
  };
}

const noFullPreviews = 'Forge has no full previews: the steps are shown by its approximation.';

function requirePossible(options: WebuiPlan['options'], start: StartRequest | undefined): void {
  if (options.guidanceRescale > 0) {
    const remedy = 'leave guidance rescale at 0';
    throw new StepsAnimationError('usage', `The API of the web UIs has no guidance rescale: ${remedy}.`);
  }
  if (start && options.hiresScale > 1) {
    const remedy = 'with a starting picture, leave hires scale at 1';
    throw new StepsAnimationError('usage', `A hires pass is part of txt2img; ${remedy}.`);
  }
}

function finishedSize({ width, height, hiresScale }: Pick<GenerationOptions, 'width' | 'height' | 'hiresScale'>) {
  if (width === 0 || height === 0) return {};
  // As in the web UIs: sides are whole multiples of 8 pixels.
  const [finalWidth = 0, finalHeight = 0] = [width, height].map((side) => Math.floor((side * hiresScale) / 8) * 8);
  return { width: finalWidth, height: finalHeight };
}

function passesOf(options: WebuiPlan['options'], start: Start | undefined): readonly PassInfo[] {
  const steps = start ? Math.floor(Math.min(start.denoisingStrength, 0.999) * options.steps) + 1 : options.steps;
  const base = { kind: 'base', ...finishedSize({ ...options, hiresScale: 1 }), steps, exact: false } as const;
  if (options.hiresScale === 1) return [base];
  return [
    base,
    { kind: 'hires', ...finishedSize(options), steps: options.hiresSteps || options.steps, exact: false } as const,
  ];
}
