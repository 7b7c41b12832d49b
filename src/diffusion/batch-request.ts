import type { GeneratorKind } from './noise/normals.js';

/** A width and a height in pixels. */
export type Size = { readonly width: number; readonly height: number };

/** An 8-bit sRGB picture: rows from top to bottom, three bytes a pixel (red, green, blue), no padding. */
export type PixelPicture = Size & { readonly data: Uint8Array };

/** How to get from noise to an image. */
export type SamplingSettings = {
  readonly sampler: string;
  readonly scheduler: string;
  readonly steps: number;
  /** Lowest noise level. Default: the model's. */
  readonly sigmaMin?: number | undefined;
  /** Highest noise level. Default: the model's. */
  readonly sigmaMax?: number | undefined;
  /** How strongly Karras' and the polyexponential levels crowd at the low end. Default: the scheduler's. */
  readonly rho?: number | undefined;
  /** Share of fresh noise in ancestral samplers and DDIM, 0 to 1. Default: the sampler's. */
  readonly eta?: number | undefined;
  /** S_churn, S_tmin, S_tmax and S_noise of Karras et al. 2022. Defaults: 0, 0, no limit, 1. */
  readonly churn?: number | undefined;
  readonly churnFrom?: number | undefined;
  readonly churnTo?: number | undefined;
  readonly noiseScale?: number | undefined;
};

/** The starting picture of img2img. */
export type StartPicture = {
  /** Of the size of the batch. */
  readonly picture: PixelPicture;
  /** How much of it may change: 0 nothing, 1 everything. */
  readonly denoisingStrength: number;
  /** One byte a pixel, of the same size: 255 is repainted, 0 is kept. Default: all is repainted. */
  readonly mask?: Uint8Array | undefined;
};

/** A second pass at a larger size. */
type HiresPass = Size &
  SamplingSettings & {
    readonly upscaler: 'Latent' | 'Lanczos';
    readonly denoisingStrength: number;
  };

/** The request for one batch of images. */
export type BatchRequest = Size &
  SamplingSettings & {
    /** In the syntax of the web UIs. */
    readonly prompt: string;
    readonly negativePrompt: string;
    readonly cfgScale: number;
    /** Rescaling of the guided prediction to the standard deviation of the one by the positive prompt, 0 to 1. */
    readonly guidanceRescale: number;
    /** 1 for the last layer of the text encoder, 2 for the one before, … */
    readonly clipSkip: number;
    /** One for each image of the batch, 0 to 2^32 - 1. */
    readonly seeds: readonly number[];
    readonly generator: GeneratorKind;
    /** One for each image of the batch. */
    readonly variationSeeds: readonly number[];
    readonly variationStrength: number;
    /** "Seed resize": keep the composition that the seeds have at this size. */
    readonly seedResizeFrom?: Size | undefined;
    readonly start?: StartPicture | undefined;
    readonly hires?: HiresPass | undefined;
  };
