import { randomInt } from 'node:crypto';
import type { GenerationOptions } from '../options/generation-options.js';
import type { ImageInfo } from './host.js';

/** An image with the seeds that it is made of, from 0 to 2³² − 1. */
export type PlannedImage = {
  readonly info: ImageInfo;
  readonly seed: number;
  readonly variationSeed: number;
};

export type Seeds = Pick<PlannedImage, 'seed' | 'variationSeed'>;

type PlanOptions = Pick<
  GenerationOptions,
  'prompt' | 'seed' | 'variationSeed' | 'variationStrength' | 'batchCount' | 'batchSize'
>;

const seedCount = 2 ** 32;

/**
 * All images of a request, batch by batch. A seed of -1 is a random one. Seeds rise by one from image to image; with a
 * variation strength, the variation seeds alone do, as in the web UIs.
 * @param size of the finished images in pixels, if known
 * @param infotextOf writes the infotext of the image with these seeds
 */
export function planImages(
  { prompt, variationStrength, batchCount, batchSize, ...seeds }: PlanOptions,
  size: { readonly width?: number; readonly height?: number },
  infotextOf: (seeds: Seeds) => string,
): readonly PlannedImage[] {
  const firstSeed = orRandom(seeds.seed);
  const firstVariation = orRandom(seeds.variationSeed);
  return Array.from({ length: batchCount * batchSize }, (_, i) => {
    const seed = variationStrength > 0 ? firstSeed : (firstSeed + i) % seedCount;
    const variationSeed = (firstVariation + i) % seedCount;
    const place = { batch: Math.floor(i / batchSize), position: i % batchSize };
    const infotext = infotextOf({ seed, variationSeed });
    return { info: { ...place, seed, prompt, infotext, ...size }, seed, variationSeed };
  });
}

function orRandom(seed: number): number {
  return seed === -1 ? randomInt(seedCount) : seed;
}
