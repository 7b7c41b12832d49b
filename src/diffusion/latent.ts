/** A batch of images in the model's latent space. */
export type Latent = {
  /** Batch, channels, height, width. */
  readonly shape: LatentShape;
  /** Values in the order of the shape, the width varying fastest. */
  readonly data: Float32Array;
};

export type LatentShape = readonly [batch: number, channels: number, height: number, width: number];

/** All zero. */
export function createLatent(shape: LatentShape): Latent {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}

function sizeOf(shape: LatentShape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Applies a function to the values of two latents of the same shape. */
export function zip(a: Latent, b: Latent, combine: (a: number, b: number) => number): Latent {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = combine(a.data[i] ?? 0, b.data[i] ?? 0);
  return { shape: a.shape, data };
}

/** A latent with its factor in a sum. */
export type WeightedLatent = readonly [weight: number, latent: Latent];

/** The weighted sum of latents of the same shape. */
export function combine(...terms: readonly WeightedLatent[]): Latent {
  const shape = terms[0]?.[1].shape ?? ([0, 0, 0, 0] as const);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    let sum = 0;
    for (const [weight, latent] of terms) sum += weight * (latent.data[i] ?? 0);
    data[i] = sum;
  }
  return { shape, data };
}

/** Applies a function to the values of a latent. */
export function map(latent: Latent, change: (value: number) => number): Latent {
  return { shape: latent.shape, data: latent.data.map(change) };
}

/** A view of image `index` of a batch, as a batch of one. */
export function imageOf(latent: Latent, index: number): Latent {
  const [, channels, height, width] = latent.shape;
  const size = channels * height * width;
  return { shape: [1, channels, height, width], data: latent.data.subarray(index * size, (index + 1) * size) };
}

/** Joins latents of the same image size into one batch. */
export function stack(latents: readonly Latent[]): Latent {
  const [, channels, height, width] = latents[0]?.shape ?? [0, 0, 0, 0];
  const batch = latents.reduce((sum, latent) => sum + latent.shape[0], 0);
  const joined = createLatent([batch, channels, height, width]);
  let offset = 0;
  for (const { data } of latents) {
    joined.data.set(data, offset);
    offset += data.length;
  }
  return joined;
}
