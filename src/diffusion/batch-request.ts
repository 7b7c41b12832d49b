import type { GeneratorKind } from './noise/normals.js';

/** A width and a height in pixels. */
export type Size = { readonly width: number; readonly height: number };

/** An 8-bit sRGB picture: rows from top to bottom, three bytes a pixel (red, green, blue), no padding. */
export type PixelPicture = Size & { readonly data: Uint8Array };

/** How the way from noise to image is gone. */
export type SamplingSettings = {
  readonly sampler: string;
  readonly scheduler: string;
  readonly steps: number;
  /** lowest and highest noise level, and how strongly Karras' levels crowd; the model's and the scheduler's own if left out */
  readonly sigmaMin?: number | undefined;
  readonly sigmaMax?: number | undefined;
  readonly rho?: number | undefined;
  /** share of fresh noise in ancestral samplers and DDIM; the sampler's own if left out */
  readonly eta?: number | undefined;
  /** S_churn, S_tmin, S_tmax and S_noise of Karras et al. 2022 */
  readonly churn?: number | undefined;
  readonly churnFrom?: number | undefined;
  readonly churnTo?: number | undefined;
  readonly noiseScale?: number | undefined;
};

/** What img2img starts from. */
export type StartPicture = {
  /** of the size of the batch */
  readonly picture: PixelPicture;
  /** how much of it may change: 0 nothing, 1 everything */
  readonly denoisingStrength: number;
  /** one byte a pixel, of the same size: 255 is painted anew, 0 stays; all is painted if left out */
  readonly mask?: Uint8Array | undefined;
};

/** A second pass at a larger size. */
type HiresPass = Size &
  SamplingSettings & {
    readonly upscaler: 'Latent' | 'Lanczos';
    readonly denoisingStrength: number;
  };

/** One batch to be made. */
export type BatchRequest = Size &
  SamplingSettings & {
    /** in the syntax of the web UIs */
    readonly prompt: string;
    readonly negativePrompt: string;
    readonly cfgScale: number;
    /** 0 to 1: how far the guided prediction gets the deviation of the unguided one */
    readonly guidanceRescale: number;
    /** 1 takes the last layer of the text encoder, 2 the one before */
    readonly clipSkip: number;
    /** one for each image of the batch, 0 to 2^32 - 1 */
    readonly seeds: readonly number[];
    readonly generator: GeneratorKind;
    /** one for each image of the batch */
    readonly variationSeeds: readonly number[];
    readonly variationStrength: number;
    /** the size, in pixels, of images that these seeds are known from */
    readonly seedResizeFrom?: Size | undefined;
    readonly start?: StartPicture | undefined;
    readonly hires?: HiresPass | undefined;
  };
