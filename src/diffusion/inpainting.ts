import type { PixelPicture, StartPicture } from './batch-request.js';
import { type Latent, zip } from './latent.js';
import type { NoiseSource } from './noise/noise.js';
import type { DenoiseBoth } from './samplers/sampler.js';

/** Which values of a batch of latents are repainted (1) and which are kept (0). */
type LatentMask = Latent;

/**
 * Scales a picture's mask down to latents: the mean of the pixels of a latent value, rounded to 0 or 1, as in the web UIs.
 * @param mask one byte a pixel; 255 is repainted
 * @param width of the picture
 */
export function latentMaskOf(mask: Uint8Array, width: number, shape: Latent['shape']): LatentMask {
  const [batch, channels, rows, columns] = shape;
  const factor = width / columns;
  const plane = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = 0; y < factor; y++) {
        const at = (row * factor + y) * width + column * factor;
        for (let x = 0; x < factor; x++) sum += mask[at + x] ?? 0;
      }
      plane[row * columns + column] = Math.round(sum / (255 * factor ** 2));
    }
  }
  const data = new Float32Array(batch * channels * plane.length);
  for (let i = 0; i < batch * channels; i++) data.set(plane, i * plane.length);
  return { shape, data };
}

/**
 * Inpainting with a model that was not trained for it: before each evaluation, the kept part is replaced by the start's
 * latent with noise of that level, and after it by the start's latent itself. Lugmayr et al. 2022, "RePaint: Inpainting
 * using Denoising Diffusion Probabilistic Models", section 4.1, without the resampling, as in AUTOMATIC1111's web UI.
 */
export function inpaint(denoise: DenoiseBoth, start: Latent, mask: LatentMask, noise: NoiseSource): DenoiseBoth {
  const keep = (painted: Latent, kept: Latent): Latent => ({
    shape: painted.shape,
    data: painted.data.map((value, i) => {
      const share = mask.data[i] ?? 1;
      return value * share + (kept.data[i] ?? 0) * (1 - share);
    }),
  });
  return async (latent, sigma) => {
    const noisy = zip(start, noise(), (value, fresh) => value + fresh * sigma);
    const { guided, unguided } = await denoise(keep(latent, noisy), sigma);
    return { guided: keep(guided, start), unguided: keep(unguided, start) };
  };
}

/** Blends the painted picture with the starting picture by the mask, pixel by pixel. */
export function composite(painted: PixelPicture, { picture, mask }: StartPicture): PixelPicture {
  if (!mask) return painted;
  const data = painted.data.map((value, i) => {
    const share = (mask[Math.floor(i / 3)] ?? 255) / 255;
    return Math.round(value * share + (picture.data[i] ?? 0) * (1 - share));
  });
  return { width: painted.width, height: painted.height, data };
}
