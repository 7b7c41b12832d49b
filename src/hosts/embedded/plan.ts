import type { BatchRequest } from '../../diffusion/batch-request.js';
import type { ModelFolder } from '../../diffusion/networks/model-folder.js';
import { planPasses } from '../../diffusion/passes.js';
import { StepsAnimationError } from '../../errors.js';
import type { GenerationOptions, Img2imgOptions } from '../../options/generation-options.js';
import type { Size } from '../../pictures/picture.js';
import type { CheckedRequest, Start } from '../check-request.js';
import type { ImageInfo, PassInfo } from '../host.js';
import { planImages } from '../plan-images.js';
import { type FittedStart, fitStart, startPass } from '../start-picture.js';

/** A checked request as batches. */
export type EmbeddedPlan = {
  readonly batches: readonly BatchRequest[];
  /** all images of all batches, batch by batch */
  readonly images: readonly ImageInfo[];
  readonly passes: readonly PassInfo[];
  /** the starting picture, if it is shown as a step; `passes` begins with one for it */
  readonly startFrame: FittedStart['picture'] | undefined;
  readonly preview: GenerationOptions['preview'];
};

type PreparedStart = Pick<Img2imgOptions, 'denoisingStrength' | 'startFrame'> & FittedStart;

/** In pixels. */
const maxSide = 4096;

/**
 * Checks a request against a model. A width or height of 0 takes the model's own.
 * @throws StepsAnimationError `usage`, naming the value and what is possible; `model` when it lacks an encoder
 */
export async function planRequest(
  { options: wanted, start }: CheckedRequest,
  folder: ModelFolder,
): Promise<EmbeddedPlan> {
  const width = sideOf('width', wanted.width || folder.width, folder);
  const height = sideOf('height', wanted.height || folder.height, folder);
  const options = { ...wanted, width, height };
  const fitted = start && (await prepareStart(start, { width, height }));
  requireEncoder(folder, fitted !== undefined, options);
  const request = requestOf(options, fitted, folder);
  const planned = planPasses(request, folder);
  const images = planImages(options, planned, { request, planned, folder });
  const startFrame = fitted?.startFrame ? fitted.picture : undefined;
  const passes = planned.map(({ kind, width, height, steps, exact, sigmas: [firstSigma = 0] }) => {
    return { kind, width, height, steps, exact, firstSigma };
  });
  return {
    batches: Array.from({ length: options.batchCount }, (_, batch) => {
      const own = images.filter(({ info }) => info.batch === batch);
      return {
        ...request,
        seeds: own.map(({ seed }) => seed),
        variationSeeds: own.map((image) => image.variationSeed),
      };
    }),
    images: images.map(({ info }) => info),
    passes: startFrame ? [startPass({ width, height }), ...passes] : passes,
    ...{ startFrame, preview: options.preview },
  };
}

/** Checked before any sampling: the engine would miss the encoder after the first pass only. */
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

async function prepareStart(start: Start, size: Size): Promise<PreparedStart> {
  const { denoisingStrength, startFrame } = start;
  return { denoisingStrength, startFrame, ...(await fitStart(start, size)) };
}

/** The request of a batch, without its seeds. */
function requestOf(options: GenerationOptions, start: PreparedStart | undefined, folder: ModelFolder): BatchRequest {
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

/** @throws StepsAnimationError `usage` unless all passes have the only size that the model can make */
export function requireSize({ passes }: EmbeddedPlan, { width, height }: Size): void {
  const other = passes.find((pass) => pass.width !== width || pass.height !== height);
  if (!other) return;
  throw new StepsAnimationError(
    'usage',
    `A size of ${other.width}x${other.height} is not possible; this model makes images of ${width}x${height} only.`,
  );
}

function sideOf(name: string, value: number, { sizeUnit, name: model }: ModelFolder): number {
  const fits = Number.isInteger(value) && value > 0 && value <= maxSide && value % sizeUnit === 0;
  if (fits) return value;
  throw new StepsAnimationError(
    'usage',
    `The ${name} ${value} is not possible; it must be a multiple of ${sizeUnit} up to ${maxSide} for the model ${model}.`,
  );
}
