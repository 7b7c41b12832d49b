import { randomInt } from 'node:crypto';
import type { BatchRequest, Size } from '../../diffusion/batch-request.js';
import type { ModelFolder } from '../../diffusion/networks/model-folder.js';
import { type PlannedPass, planPasses } from '../../diffusion/passes.js';
import { StepsAnimationError } from '../../errors.js';
import { formatInfotext } from '../../infotext/write-infotext.js';
import { checkOptions } from '../../options/check-options.js';
import {
  type GenerationOptions,
  generationOptionsSchema,
  type Img2imgOptions,
  img2imgOptionsSchema,
} from '../../options/generation-options.js';
import type { GenerationRequest, ImageInfo, PassInfo } from '../host.js';
import { type FittedStart, fitStart } from '../remote/start-picture.js';

/** A checked request, laid out as batches. */
export type EmbeddedRun = {
  readonly batches: readonly BatchRequest[];
  /** all images of all batches, batch by batch */
  readonly images: readonly (ImageInfo & Size)[];
  readonly passes: readonly PassInfo[];
  /** the starting picture, where it is shown first; `passes` begins with one for it */
  readonly startFrame: FittedStart['picture'] | undefined;
  readonly preview: GenerationOptions['preview'];
};

type Start = Img2imgOptions & FittedStart;

const largestSide = 4096;
const seeds = 2 ** 32;

/**
 * Checks a request against a model and lays it out. A width or height of 0 takes the model's own, a seed of -1 a
 * random one.
 * @throws StepsAnimationError `usage`, naming the value and what is possible; `model` when it lacks an encoder
 */
export async function planRun({ start, ...given }: GenerationRequest, folder: ModelFolder): Promise<EmbeddedRun> {
  const options = checkOptions(generationOptionsSchema, given);
  const width = sideOf('width', options.width || folder.width, folder);
  const height = sideOf('height', options.height || folder.height, folder);
  const fitted = start && (await checkStart(start, { width, height }));
  if (fitted && options.hiresScale > 1) {
    throw new StepsAnimationError(
      'usage',
      'A hires pass is part of txt2img; with a starting picture, leave hires scale at 1.',
    );
  }
  requireEncoder(folder, fitted !== undefined, options);
  const request = requestOf({ ...options, width, height }, fitted, folder);
  const planned = planPasses(request, folder);
  const laidOut = layOut({ ...options, width, height }, request, planned, folder);
  const startFrame = fitted?.startFrame ? fitted.picture : undefined;
  const startPass = { kind: 'base', width, height, steps: 1, exact: true } as const;
  return {
    ...laidOut,
    passes: startFrame ? [startPass, ...laidOut.passes] : laidOut.passes,
    ...{ startFrame, preview: options.preview },
  };
}

/** Known before any sampling: the engine itself would miss the encoder only after the first pass. */
function requireEncoder(folder: ModelFolder, isStarted: boolean, options: GenerationOptions): void {
  const isUpscaled = options.hiresScale > 1 && options.hiresUpscaler === 'Lanczos';
  if (folder.encoder !== undefined || !(isStarted || isUpscaled)) return;
  const what = isStarted ? 'a starting picture' : 'the hires upscaler Lanczos';
  const remedy = isStarted ? 'use txt2img' : 'take Latent';
  throw new StepsAnimationError(
    'model',
    `The model ${folder.name} has no vae_encoder, which ${what} needs: ${remedy}, or export the model again.`,
  );
}

async function checkStart(
  { picture, mask, ...given }: NonNullable<GenerationRequest['start']>,
  size: Size,
): Promise<Start> {
  const options = checkOptions(img2imgOptionsSchema, given);
  return { ...options, ...(await fitStart(picture, mask, size, options)) };
}

/** The request of a batch, without its seeds. */
function requestOf(options: GenerationOptions, start: Start | undefined, folder: ModelFolder): BatchRequest {
  const { width, height, seedResizeFromWidth, seedResizeFromHeight } = options;
  const sampling = {
    ...{ sampler: options.sampler, scheduler: options.scheduler, steps: options.steps },
    ...{ sigmaMin: ownOf(options.sigmaMin), sigmaMax: ownOf(options.sigmaMax), rho: ownOf(options.rho) },
    ...{ eta: ownOf(options.eta), churn: options.sChurn, churnFrom: options.sTmin, churnTo: ownOf(options.sTmax) },
    noiseScale: options.sNoise,
  };
  return {
    ...sampling,
    ...{ prompt: options.prompt, negativePrompt: options.negativePrompt, cfgScale: options.cfgScale, width, height },
    ...{ guidanceRescale: options.guidanceRescale, clipSkip: options.clipSkip, generator: options.rng },
    ...{ seeds: [], variationSeeds: [], variationStrength: options.variationStrength },
    seedResizeFrom:
      seedResizeFromWidth > 0 && seedResizeFromHeight > 0
        ? { width: seedResizeFromWidth, height: seedResizeFromHeight }
        : undefined,
    start: start && { picture: start.picture, mask: start.mask, denoisingStrength: start.denoisingStrength },
    hires:
      options.hiresScale > 1
        ? {
            ...sampling,
            ...{ width: hiresSide(width, options, folder), height: hiresSide(height, options, folder) },
            ...{ steps: options.hiresSteps || options.steps, upscaler: options.hiresUpscaler },
            denoisingStrength: options.hiresDenoisingStrength,
          }
        : undefined,
  };
}

function ownOf(value: number | 'auto'): number | undefined {
  return value === 'auto' ? undefined : value;
}

function hiresSide(side: number, { hiresScale }: GenerationOptions, folder: ModelFolder): number {
  const unit = folder.sizeUnit;
  return sideOf('hires size', Math.round((side * hiresScale) / unit) * unit, folder);
}

function layOut(
  options: GenerationOptions,
  request: BatchRequest,
  planned: readonly PlannedPass[],
  folder: ModelFolder,
): Pick<EmbeddedRun, 'batches' | 'images' | 'passes'> {
  const { batchCount, batchSize, variationStrength, width, height } = options;
  const firstSeed = options.seed === -1 ? randomInt(seeds) : options.seed;
  const firstVariation = options.variationSeed === -1 ? randomInt(seeds) : options.variationSeed;
  const finished = planned.at(-1) ?? { width, height };
  const images = Array.from({ length: batchCount * batchSize }, (_, i) => {
    // With variation, the images of a run differ by their variation seeds alone, as in the web UIs.
    const seed = variationStrength > 0 ? firstSeed : (firstSeed + i) % seeds;
    const variationSeed = (firstVariation + i) % seeds;
    return {
      ...{ batch: Math.floor(i / batchSize), position: i % batchSize, seed, prompt: options.prompt },
      infotext: formatInfotext({ options: { ...options, seed, variationSeed }, request, planned, folder }),
      ...{ width: finished.width, height: finished.height },
      variationSeed,
    };
  });
  const batches = Array.from({ length: batchCount }, (_, batch) => {
    const own = images.filter((image) => image.batch === batch);
    return { ...request, seeds: own.map(({ seed }) => seed), variationSeeds: own.map((image) => image.variationSeed) };
  });
  return { batches, images: images.map(({ variationSeed: _, ...image }) => image), passes: passesOf(planned) };
}

function passesOf(planned: readonly PlannedPass[]): readonly PassInfo[] {
  return planned.map(({ kind, width, height, steps, exact }) => ({ kind, width, height, steps, exact }));
}

/** @throws StepsAnimationError `usage` unless the run's images have the only size that its model can make */
export function requireSize({ passes }: EmbeddedRun, { width, height }: Size): void {
  const other = passes.find((pass) => pass.width !== width || pass.height !== height);
  if (!other) return;
  throw new StepsAnimationError(
    'usage',
    `A size of ${other.width}x${other.height} is not possible; this model makes images of ${width}x${height} only.`,
  );
}

function sideOf(name: string, value: number, { sizeUnit, name: model }: ModelFolder): number {
  const fits = Number.isInteger(value) && value > 0 && value <= largestSide && value % sizeUnit === 0;
  if (fits) return value;
  throw new StepsAnimationError(
    'usage',
    `The ${name} ${value} is not possible; it must be a multiple of ${sizeUnit} up to ${largestSide} for the model ${model}.`,
  );
}
