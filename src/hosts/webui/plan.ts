import type { GenerationOptions } from '../../options/generation-options.js';
import type { CheckedRequest, Start } from '../check-request.js';
import type { PassInfo } from '../host.js';
import { unsupportedNotes, unsupportedOptions } from '../option-support.js';
import { planImages } from '../plan-images.js';
import type { ImagePlan } from '../remote/generate-images.js';
import { type Catalogue, chooseModel, chooseSampler, isForge } from './catalogue.js';
import { webui } from './connection.js';

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
export function planRequest(request: CheckedRequest, catalogue: Catalogue): WebuiPlan {
  const { start } = request;
  const { model: _, scheduler: wanted, ...options } = request.options;
  const unsupported = unsupportedOptions(request.options, webui.name, webui.options);
  const model = request.model === undefined ? undefined : chooseModel(catalogue, request.model);
  const { sampler, scheduler } = chooseSampler(catalogue, { sampler: options.sampler, scheduler: wanted });
  const named = { ...options, sampler };
  const shown = {
    ...named,
    scheduler: scheduler ?? wanted,
    model: model ?? catalogue.models[0]?.name ?? '',
  };
  const passes = passesOf(named, start);
  const hires = options.hiresScale > 1 ? { denoisingStrength: options.hiresDenoisingStrength } : undefined;
  return {
    options: named,
    ...{ model, scheduler, start },
    images: planImages(shown, passes, { request: { start, hires } }),
    passes,
    notes: [
      ...unsupportedNotes(unsupported, webui.name),
      ...(options.preview === 'full' && isForge(catalogue) ? [noFullPreviews] : []),
    ],
  };
}

const noFullPreviews = 'Forge has no full previews: the steps are shown by its approximation.';

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
