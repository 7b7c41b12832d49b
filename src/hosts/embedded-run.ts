import { randomInt } from 'node:crypto';
import type { ModelFolder } from '../diffusion/model-folder.js';
import { findSampler, findScheduler } from '../diffusion/names.js';
import type { BatchRequest, Size } from '../diffusion/pipeline.js';
import { StepsAnimationError } from '../errors.js';
import type { GenerationRequest, ImageInfo, PassInfo } from './host.js';
import { formatInfotext } from './infotext.js';

/** A checked request, laid out as batches. */
export type EmbeddedRun = {
  readonly batches: readonly BatchRequest[];
  /** all images of all batches, batch by batch */
  readonly images: readonly (ImageInfo & { readonly width: number; readonly height: number })[];
  readonly passes: readonly PassInfo[];
};

const largestSide = 4096;
const seeds = 2 ** 32;

/**
 * Checks a request against a model and lays it out. A width or height of 0 takes the model's own, a seed of -1 a
 * random one.
 * @throws StepsAnimationError `usage`, naming the value and what is possible
 */
export function planRun(request: GenerationRequest, folder: ModelFolder): EmbeddedRun {
  const sampler = findSampler(request.sampler);
  const scheduler = findScheduler(request.scheduler, sampler);
  const width = sideOf('width', request.width || folder.width, folder);
  const height = sideOf('height', request.height || folder.height, folder);
  whole('steps', request.steps, 1, 1000);
  whole('batch count', request.batchCount, 1, 1000);
  whole('batch size', request.batchSize, 1, 64);
  whole('seed', request.seed, -1, seeds - 1);
  if (!(request.cfgScale >= 1 && request.cfgScale <= 100))
    refuse('CFG scale', request.cfgScale, 'a number from 1 to 100');

  const firstSeed = request.seed === -1 ? randomInt(seeds) : request.seed;
  const shown = { ...request, width, height, sampler: sampler.name, scheduler: scheduler.name, model: folder.name };
  const images = Array.from({ length: request.batchCount * request.batchSize }, (_, i) => {
    const seed = (firstSeed + i) % seeds;
    return {
      batch: Math.floor(i / request.batchSize),
      position: i % request.batchSize,
      seed,
      prompt: request.prompt,
      infotext: formatInfotext({ ...shown, seed }),
      width,
      height,
    };
  });
  const batches = Array.from({ length: request.batchCount }, (_, batch) => ({
    ...shown,
    seeds: images.filter((image) => image.batch === batch).map(({ seed }) => seed),
  }));
  return { batches, images, passes: [{ kind: 'base', width, height, steps: request.steps, exact: true }] };
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
  return fits ? value : refuse(name, value, `a multiple of ${sizeUnit} up to ${largestSide} for the model ${model}`);
}

function whole(name: string, value: number, from: number, to: number): void {
  if (!Number.isInteger(value) || value < from || value > to)
    refuse(name, value, `a whole number from ${from} to ${to}`);
}

function refuse(name: string, value: number, allowed: string): never {
  throw new StepsAnimationError('usage', `The ${name} ${value} is not possible; it must be ${allowed}.`);
}
