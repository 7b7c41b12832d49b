import { createLatent, type LatentShape } from '../latent.js';
import { BrownianTree } from './brownian-tree.js';
import type { BrownianNoise } from './noise.js';
import type { GeneratorKind } from './normals.js';

const { fround } = Math;

/** Whose motions, and over which levels. */
export type BrownianOptions = {
  /** one for each image of the batch, 0 to 2^32 - 1 */
  readonly seeds: readonly number[];
  readonly generator: GeneratorKind;
  /** the noise levels between which the motion runs: the lowest above 0 and the highest of the schedule */
  readonly lowestSigma: number;
  readonly highestSigma: number;
};

/**
 * Brownian noise in which every image has its own motion over the noise levels: that of k-diffusion's
 * `BrownianTreeNoiseSampler`, so that stochastic samplers make the images that they make in web UIs. Noise levels are
 * taken as single precision has them, and to a millionth; on the way between equal ones there is no noise.
 * @param shape as many images as there are seeds
 */
export function createBrownianNoise(shape: LatentShape, options: BrownianOptions): BrownianNoise {
  const { seeds, generator, lowestSigma, highestSigma } = options;
  const [, channels, height, width] = shape;
  const size = channels * height * width;
  const [lowest, highest] = [fround(lowestSigma), fround(highestSigma)];
  const trees = seeds.map((seed) => new BrownianTree(seed, generator, size, lowest, highest));
  return (from, to) => {
    const noise = createLatent(shape);
    const [start, end] = [fround(Math.min(from, to)), fround(Math.max(from, to))];
    if (start === end) return noise;
    const deviation = fround(Math.sqrt(fround(end - start))) * Math.sign(to - from);
    trees.forEach((tree, image) => {
      const increment = tree.increment(start, end);
      noise.data.set(
        increment.map((value) => value / deviation),
        image * size,
      );
    });
    return noise;
  };
}
