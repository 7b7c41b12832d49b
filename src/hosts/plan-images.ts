import { randomInt } from 'node:crypto';
import { formatInfotext, type InfotextSource } from '../infotext/write-infotext.js';
import type { GenerationOptions } from '../options/generation-options.js';
import type { ImageInfo, PassInfo } from './host.js';

/** An image with the seeds that it is made of, from 0 to 2³² − 1. */
export type PlannedImage = {
  readonly info: ImageInfo;
  readonly seed: number;
  readonly variationSeed: number;
};

const seedCount = 2 ** 32;

/**
 * All images of a request, batch by batch. A seed of -1 is a random one. Seeds rise by one from image to image; with a
 * variation strength only the variation seeds do, as in the web UIs.
 * @param passes the last of which has the size of the images, if that is known
 * @param source what else the infotexts are written of
 */
export function planImages(
  options: GenerationOptions,
  passes: readonly Pick<PassInfo, 'width' | 'height'>[],
  {
    request,
    planned = [],
    folder = { name: options.model },
  }: Partial<InfotextSource> & Pick<InfotextSource, 'request'>,
): readonly PlannedImage[] {
  const { prompt, variationStrength, batchCount, batchSize } = options;
  const { width, height } = passes.at(-1) ?? {};
  const size = width !== undefined && height !== undefined ? { width, height } : {};
  const firstSeed = orRandom(options.seed);
  const firstVariationSeed = orRandom(options.variationSeed);
  return Array.from({ length: batchCount * batchSize }, (_, i) => {
    const seed = variationStrength > 0 ? firstSeed : (firstSeed + i) % seedCount;
    const variationSeed = (firstVariationSeed + i) % seedCount;
    const infotext = formatInfotext({ options: { ...options, seed, variationSeed }, request, planned, folder });
    const place = { batch: Math.floor(i / batchSize), position: i % batchSize };
    return { info: { ...place, seed, prompt, infotext, ...size }, seed, variationSeed };
  });
}

function orRandom(seed: number): number {
  return seed === -1 ? randomInt(seedCount) : seed;
}
