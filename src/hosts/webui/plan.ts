import { randomInt } from 'node:crypto';
import { StepsAnimationError } from '../../errors.js';
import { formatInfotext } from '../../infotext/write-infotext.js';
import { checkOptions } from '../../options/check-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from '../../options/generation-options.js';
import type { GenerationRequest, ImageInfo, PassInfo, StartRequest } from '../host.js';
import { type Catalogue, chooseModel, chooseSampler, isForge } from './catalogue.js';

/** A checked request in the web UI's own names, with every image by itself. */
export type WebuiPlan = {
  /** with the sampler by the web UI's name; seeds are those of the images */
  readonly options: Omit<GenerationOptions, 'model' | 'scheduler'>;
  /** undefined for the one that is loaded */
  readonly model: string | undefined;
  /** undefined where it is part of the sampler's name */
  readonly scheduler: string | undefined;
  readonly start: (Img2imgOptions & Pick<StartRequest, 'picture' | 'mask'>) | undefined;
  readonly images: readonly PlannedImage[];
  /** of what the web UI does */
  readonly passes: readonly PassInfo[];
  /** what a person should know before */
  readonly notes: readonly string[];
};

export type PlannedImage = { readonly info: ImageInfo; readonly seed: number; readonly variationSeed: number };

const seeds = 2 ** 32;

/**
 * Checks a request against what a web UI has and lays it out.
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
  return {
    options: named,
    ...{ model, scheduler, start: started },
    images: layOut(shown, started),
    passes: passesOf(named, started),
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

function checkStart({ picture, mask, ...given }: StartRequest): NonNullable<WebuiPlan['start']> {
  if (mask && (mask.width !== picture.width || mask.height !== picture.height)) {
    const sizes = [mask, picture].map(({ width, height }) => `${width}x${height}`).join(' and the starting picture ');
    throw new StepsAnimationError('usage', `The mask has ${sizes} pixels; give a mask of the same size.`);
  }
  return { ...checkOptions(img2imgOptionsSchema, given), picture, ...(mask && { mask }) };
}

function layOut(options: GenerationOptions, start: WebuiPlan['start']): readonly PlannedImage[] {
  const { batchCount, batchSize, variationStrength } = options;
  const firstSeed = options.seed === -1 ? randomInt(seeds) : options.seed;
  const firstVariation = options.variationSeed === -1 ? randomInt(seeds) : options.variationSeed;
  const size = finishedSize(options);
  return Array.from({ length: batchCount * batchSize }, (_, i) => {
    // With variation, the images of a run differ by their variation seeds alone, as in the web UIs.
    const seed = variationStrength > 0 ? firstSeed : (firstSeed + i) % seeds;
    const variationSeed = (firstVariation + i) % seeds;
    const own = { ...options, seed, variationSeed };
    const hires = options.hiresScale > 1 ? { denoisingStrength: options.hiresDenoisingStrength } : undefined;
    const infotext = formatInfotext({
      options: own,
      request: { start, hires },
      planned: [],
      folder: { name: options.model },
    });
    const place = { batch: Math.floor(i / batchSize), position: i % batchSize };
    return { info: { ...place, seed, prompt: options.prompt, infotext, ...size }, seed, variationSeed };
  });
}

function finishedSize({ width, height, hiresScale }: Pick<GenerationOptions, 'width' | 'height' | 'hiresScale'>) {
  if (width === 0 || height === 0) return {};
  // As in the web UIs: sides are whole multiples of 8 pixels.
  const [finalWidth = 0, finalHeight = 0] = [width, height].map((side) => Math.floor((side * hiresScale) / 8) * 8);
  return { width: finalWidth, height: finalHeight };
}

/** Their steps are never exact: previews are what a web UI shows when it is asked, and some steps may pass by. */
function passesOf(options: WebuiPlan['options'], start: WebuiPlan['start']): readonly PassInfo[] {
  const steps = start ? Math.floor(Math.min(start.denoisingStrength, 0.999) * options.steps) + 1 : options.steps;
  const base = { kind: 'base', ...finishedSize({ ...options, hiresScale: 1 }), steps, exact: false } as const;
  if (options.hiresScale === 1) return [base];
  return [
    base,
    { kind: 'hires', ...finishedSize(options), steps: options.hiresSteps || options.steps, exact: false } as const,
  ];
}
