import { join } from 'node:path';
import { z } from 'zod';
import { exists } from '../../util/exists.js';
import type { PixelPicture } from '../batch-request.js';
import type { Latent } from '../latent.js';
import { type ModelFolder, readConfig } from './model-folder.js';

/** A linear map from latent channels to red, green and blue of -1 to 1. */
export type LatentColours = {
  /** One row for each channel. */
  readonly factors: readonly (readonly number[])[];
  readonly bias: readonly number[];
};

const coloursSchema = z.object({
  factors: z.array(z.array(z.number()).length(3)),
  bias: z.array(z.number()).length(3),
});

/** For Stable Diffusion 1 and 2: from the Hugging Face forum, "Decoding latents to RGB without upscaling" (2022). */
const stableDiffusion: LatentColours = {
  factors: [
    [0.298, 0.207, 0.208],
    [0.187, 0.286, 0.173],
    [-0.158, 0.189, 0.264],
    [-0.184, -0.271, -0.473],
  ],
  bias: [0, 0, 0],
};

/** For SDXL: the values of ComfyUI's `latent_formats.py`. */
const stableDiffusionXl: LatentColours = {
  factors: [
    [0.3651, 0.4232, 0.4341],
    [-0.2533, -0.0042, 0.1068],
    [0.1076, 0.1111, -0.0362],
    [-0.3165, -0.2492, -0.2188],
  ],
  bias: [0.1084, -0.0175, -0.0011],
};

/**
 * A model's own colours (`preview/latent_rgb.json`), or else those of its family; undefined if there are none.
 * @throws StepsAnimationError `model` when its own are not of its latents
 */
export async function latentColoursOf({
  path,
  family,
  latentChannels,
}: ModelFolder): Promise<LatentColours | undefined> {
  const file = 'preview/latent_rgb.json';
  if (await exists(join(path, file))) {
    const rows = coloursSchema.shape.factors.length(latentChannels, `must have ${latentChannels} rows`);
    return await readConfig(path, file, coloursSchema.extend({ factors: rows }));
  }
  if (latentChannels !== 4) return undefined;
  return family === 'sdxl' ? stableDiffusionXl : stableDiffusion;
}

/** The picture of a batch of one, with a pixel for each latent value. */
export function latentToPicture({ shape, data }: Latent, { factors, bias }: LatentColours): PixelPicture {
  const [, , height, width] = shape;
  const area = width * height;
  const pixels = new Uint8ClampedArray(area * 3);
  for (let i = 0; i < area; i++) {
    for (let colour = 0; colour < 3; colour++) {
      let value = bias[colour] ?? 0;
      factors.forEach((row, channel) => {
        value += (data[channel * area + i] ?? 0) * (row[colour] ?? 0);
      });
      pixels[i * 3 + colour] = (value + 1) * 127.5;
    }
  }
  return { width, height, data: new Uint8Array(pixels.buffer) };
}
