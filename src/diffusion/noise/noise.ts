import { createLatent, type Latent, type LatentShape, stack } from '../latent.js';
import { createNormals, type GeneratorKind, type Normals } from './normals.js';

/** Returns fresh standard normal noise of the batch's shape at every call. */
export type NoiseSource = () => Latent;

export type NoiseOptions = {
  /** One for each image of the batch, 0 to 2^32 - 1. */
  readonly seeds: readonly number[];
  readonly generator: GeneratorKind;
  /** Seeds of the noise that is mixed into the starting noise, one for each image. Default of each: 0. */
  readonly variationSeeds?: readonly number[];
  /** Share of the variation seeds' noise, 0 to 1. Default: 0. */
  readonly variationStrength?: number;
  /** "Seed resize": keep the composition that the seeds have at this size, in latent values. Default: off. */
  readonly resizeFrom?: { readonly width: number; readonly height: number } | undefined;
};

/**
 * Noise for a batch in which every image has its own generator, so that an image does not depend on the others of its
 * batch. The first call returns the starting noise, with variation and seed resize as in AUTOMATIC1111's web UI; later
 * calls return the noise that ancestral samplers add.
 * @param shape one image for each seed
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

/** The starting noise of image `index`, from `row` where nothing replaces it; always advances `row` by one call. */
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

/** Copies the centre of one image's noise to the centre of another's, in place: the "seed resize" of the web UIs. */
function placeCentred(noise: Latent, into: Latent): Latent {
  const [, channels, fromHeight, fromWidth] = noise.shape;
  const [, , toHeight, toWidth] = into.shape;
  const columns = overlap(fromWidth, toWidth);
  const rows = overlap(fromHeight, toHeight);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows.length; row++) {
      const from = (channel * fromHeight + rows.from + row) * fromWidth + columns.from;
      const to = (channel * toHeight + rows.to + row) * toWidth + columns.to;
      into.data.set(noise.data.subarray(from, from + columns.length), to);
    }
  }
  return into;
}

/** Where two centred lengths overlap. As in the web UIs, a length longer by an odd number loses one value too many. */
function overlap(from: number, to: number): { readonly from: number; readonly to: number; readonly length: number } {
  const margin = Math.floor((to - from) / 2);
  return margin >= 0 ? { from: 0, to: margin, length: from } : { from: -margin, to: 0, length: from + 2 * margin };
}

/**
 * Spherical interpolation between two noises, which keeps their variance (K. Shoemake, "Animating Rotation with
 * Quaternion Curves", 1985). As in the web UIs, each column of each channel is a vector of its own, and noises that are
 * nearly equal are mixed linearly, with the two weights exchanged.
 * @param strength 0 (all `low`) to 1 (all `high`)
 */
function mixNoise(low: Latent, high: Latent, strength: number): Latent {
  const [, channels, height, width] = low.shape;
  const cosines = new Float64Array(channels * width);
  const forEachColumn = (act: (column: number, start: number) => void) => {
    for (let column = 0; column < cosines.length; column++) {
      act(column, Math.floor(column / width) * height * width + (column % width));
    }
  };
  forEachColumn((column, start) => {
    cosines[column] = cosineOfColumns(low, high, start);
  });
  const mixed: Latent = { shape: low.shape, data: new Float32Array(low.data.length) };
  const areEqual = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length > 0.9995;
  forEachColumn((column, start) => {
    const [a, b] = areEqual ? [strength, 1 - strength] : sphericalWeights(cosines[column] ?? 1, strength);
    for (let i = 0, at = start; i < height; i++, at += width) {
      mixed.data[at] = a * (low.data[at] ?? 0) + b * (high.data[at] ?? 0);
    }
  });
  return mixed;
}

function cosineOfColumns(a: Latent, b: Latent, start: number): number {
  const [, , height, width] = a.shape;
  let [product, aSquare, bSquare] = [0, 0, 0];
  for (let i = 0, at = start; i < height; i++, at += width) {
    const [x, y] = [a.data[at] ?? 0, b.data[at] ?? 0];
    product += x * y;
    aSquare += x * x;
    bSquare += y * y;
  }
  return product / Math.sqrt(aSquare * bSquare);
}

/** Linear weights for parallel columns (as in noise one value high), between which there is no angle. */
function sphericalWeights(cosine: number, strength: number): readonly [low: number, high: number] {
  if (cosine * cosine > 1 - 1e-9) return [1 - strength, strength];
  const angle = Math.acos(cosine);
  const sine = Math.sin(angle);
  return [Math.sin((1 - strength) * angle) / sine, Math.sin(strength * angle) / sine];
}
