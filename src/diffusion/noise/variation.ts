import type { Latent } from '../latent.js';

/**
 * Noise on the way from one image's noise to another's, with the variance of both: spherical interpolation
 * (K. Shoemake, "Animating Rotation with Quaternion Curves", 1985). As in the web UIs each column of each channel turns
 * by itself, and noises that are as good as equal are mixed in straight proportion, with the two weights exchanged.
 * @param strength from 0, all `low`, to 1, all `high`
 */
export function mixNoise(low: Latent, high: Latent, strength: number): Latent {
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

/** Parallel columns, which noise one value high consists of, have no angle to turn by: they are mixed straight. */
function sphericalWeights(cosine: number, strength: number): readonly [low: number, high: number] {
  if (cosine * cosine > 1 - 1e-9) return [1 - strength, strength];
  const angle = Math.acos(cosine);
  const sine = Math.sin(angle);
  return [Math.sin((1 - strength) * angle) / sine, Math.sin(strength * angle) / sine];
}
