import { createLatent, type Latent, type LatentShape, stack } from '../latent.js';
import { createNormals } from './create-normals.js';
import type { GeneratorKind, Normals } from './normals.js';
import { placeCentred } from './resize.js';
import { mixNoise } from './variation.js';

/** Gives fresh standard normal noise of the batch's shape at every call. */
export type NoiseSource = () => Latent;

/**
 * Standard normal noise of the batch's shape for the way from one noise level to another: the increment of a Brownian
 * motion over it, divided by its standard deviation. The same levels give the same noise, whatever was asked before.
 */
export type BrownianNoise = (from: number, to: number) => Latent;

export type NoiseOptions = {
  /** one for each image of the batch, 0 to 2^32 - 1 */
  readonly seeds: readonly number[];
  readonly generator: GeneratorKind;
  /** the seeds of the noise that is mixed into the starting noise, one for each image; 0 where one is missing */
  readonly variationSeeds?: readonly number[];
  /** from 0, nothing of the variation seeds' noise and what it is if left out, to 1, nothing but that noise */
  readonly variationStrength?: number;
  /** the size in latent values of images that these seeds are known from: the new ones shall look alike */
  readonly resizeFrom?: { readonly width: number; readonly height: number };
};

/**
 * Noise for a batch in which every image has its own generator, so that an image does not depend on the
 * images beside it. The first call makes the starting noise, with variation and seed resize as web UIs do them;
 * later calls make the noise that ancestral samplers add.
 * @param shape as many images as there are seeds
 */
export function createNoiseSource([, ...imageShape]: LatentShape, options: NoiseOptions): NoiseSource {
  const shape: LatentShape = [1, ...imageShape];
  const rows = options.seeds.map((seed) => createNormals(options.generator, seed));
  let isFirst = true;
  return () => {
    const noise = rows.map((row, i) => (isFirst ? startingNoise(shape, row, i, options) : noiseOf(shape, row)));
    isFirst = false;
    return stack(noise);
  };
}

/** The starting noise of image `index`; `row` gives its values where nothing else does, and always goes on by one call. */
function startingNoise(shape: LatentShape, row: Normals, index: number, options: NoiseOptions): Latent {
  const { seeds, variationSeeds, variationStrength = 0, generator, resizeFrom } = options;
  const [, channels, height, width] = shape;
  const noise = noiseOf(shape, row);
  const isResized = resizeFrom && (resizeFrom.width !== width || resizeFrom.height !== height);
  const from: LatentShape = isResized ? [1, channels, resizeFrom.height, resizeFrom.width] : shape;
  const seeded = (seed: number | undefined) => noiseOf(from, createNormals(generator, seed ?? 0));
  const original = isResized ? seeded(seeds[index]) : noise;
  const isVaried = variationSeeds && variationStrength > 0;
  const varied = isVaried ? mixNoise(original, seeded(variationSeeds[index]), variationStrength) : original;
  return isResized ? placeCentred(varied, noise) : varied;
}

function noiseOf(shape: LatentShape, row: Normals): Latent {
  const noise = createLatent(shape);
  noise.data.set(row.next(noise.data.length));
  return noise;
}
