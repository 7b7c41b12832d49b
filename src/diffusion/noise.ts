import { createLatent, type Latent, type LatentShape } from './latent.js';
import { NormalGenerator } from './random.js';

/** Gives fresh standard normal noise of the batch's shape at every call. */
export type NoiseSource = () => Latent;

/**
 * Standard normal noise of the batch's shape for the way from one noise level to another: the increment of a Brownian
 * motion over it, divided by its standard deviation. The same levels give the same noise, whatever was asked before.
 */
export type BrownianNoise = (from: number, to: number) => Latent;

/**
 * Noise for a batch in which every image has its own generator, so that an image does not depend on the
 * images beside it. The first call makes the starting noise, later calls the noise that ancestral samplers add.
 * @param seeds one for each image, 0 to 2^32 - 1
 */
export function createNoiseSource(shape: LatentShape, seeds: readonly number[]): NoiseSource {
  const generators = seeds.map((seed) => new NormalGenerator(seed));
  return () => {
    const noise = createLatent(shape);
    const size = noise.data.length / generators.length;
    generators.forEach((generator, i) => {
      noise.data.set(generator.normals(size), i * size);
    });
    return noise;
  };
}
