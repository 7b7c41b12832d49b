import { z } from 'zod';

/** What a person sees of an option; the command's flags, the API and the page are derived from it. */
type GenerationOptionText = { readonly label: string; readonly help: string; readonly unit?: string };

const option = <T extends z.ZodType>(schema: T, text: GenerationOptionText): T => schema.meta(text) as T;

const side = z
  .int()
  .min(0)
  .max(4096)
  .multipleOf(8, { error: (issue) => `must be a multiple of 8, not ${issue.input}` })
  .default(0);

const seed = z
  .int()
  .min(-1)
  .max(2 ** 32 - 1)
  .default(-1);

/** A number, or the word `auto` for what the model or the sampler has of its own. */
const orAuto = <T extends z.ZodNumber>(number: T) => z.union([number, z.literal('auto')]).default('auto');

/**
 * Every generation option, once. Names are camelCase here, kebab-case as flags, snake_case in the API.
 * Whether a model, sampler or scheduler of that name exists only the host knows.
 */
export const generationOptionsSchema = z.strictObject({
  prompt: option(z.string().default(''), {
    label: 'Prompt',
    help: 'what the image shall show',
  }),
  negativePrompt: option(z.string().default(''), {
    label: 'Negative prompt',
    help: 'what the image shall not show; has an effect only with a CFG scale above 1',
  }),
  model: option(z.string().min(1).default('emoji'), {
    label: 'Model',
    help: 'name of a model that the host has, or a folder with a model in the diffusers ONNX layout',
  }),
  sampler: option(z.string().min(1).default('Euler a'), {
    label: 'Sampling method',
    help: 'the method that goes from noise to image',
  }),
  scheduler: option(z.string().min(1).default('Automatic'), {
    label: 'Schedule type',
    help: 'how the noise levels are spaced over the steps',
  }),
  steps: option(z.int().min(1).max(1000).default(20), {
    label: 'Sampling steps',
    help: 'how many times the image is denoised',
  }),
  cfgScale: option(z.number().min(1).max(30).default(4), {
    label: 'CFG scale',
    help: 'how strongly the image follows the prompt; 1 switches guidance off and halves the time',
  }),
  seed: option(seed, {
    label: 'Seed',
    help: 'the number that the noise is made from; the same seed gives the same image, -1 takes a random one',
  }),
  width: option(side, {
    label: 'Width',
    help: "width of the image, a multiple of 8; 0 takes the model's own",
    unit: 'pixels',
  }),
  height: option(side, {
    label: 'Height',
    help: "height of the image, a multiple of 8; 0 takes the model's own",
    unit: 'pixels',
  }),
  clipSkip: option(z.int().min(1).max(12).default(1), {
    label: 'Clip skip',
    help: 'by which layer of the text encoder the prompt is read: 1 the last, 2 the one before; models of the family SDXL never take the last',
  }),
  guidanceRescale: option(z.number().min(0).max(1).default(0), {
    label: 'Guidance rescale',
    help: 'how far guidance is kept from overexposing; 0.7 suits models with zero terminal SNR',
  }),
  rng: option(z.enum(['cpu', 'gpu']).default('cpu'), {
    label: 'Random number generator',
    help: "whose noise a seed stands for: that of PyTorch's CPU generator, or of its CUDA generator, which most web UIs show images of",
  }),
  variationSeed: option(seed, {
    label: 'Variation seed',
    help: "the seed of noise that is mixed into the image's own; -1 takes a random one",
  }),
  variationStrength: option(z.number().min(0).max(1).default(0), {
    label: 'Variation strength',
    help: 'how much of the noise is that of the variation seed',
  }),
  seedResizeFromWidth: option(side, {
    label: 'Resize seed from width',
    help: 'width of an image of the same seed that this one shall resemble; 0 for none',
    unit: 'pixels',
  }),
  seedResizeFromHeight: option(side, {
    label: 'Resize seed from height',
    help: 'height of that image; 0 for none',
    unit: 'pixels',
  }),
  eta: option(orAuto(z.number().min(0).max(1)), {
    label: 'Eta',
    help: "share of fresh noise in each step of ancestral samplers and DDIM; auto is the sampler's own: 1, with DDIM 0",
  }),
  sigmaMin: option(orAuto(z.number().min(0.001).max(10_000)), {
    label: 'Lowest sigma',
    help: "the noise level that steps end on before the last; auto is the model's own",
  }),
  sigmaMax: option(orAuto(z.number().min(0.001).max(10_000)), {
    label: 'Highest sigma',
    help: "the noise level that steps begin on; auto is the model's own",
  }),
  rho: option(orAuto(z.number().min(0.1).max(1000)), {
    label: 'Rho',
    help: 'how strongly the steps of Karras and Polyexponential crowd at low noise; auto is 7 and 1',
  }),
  sChurn: option(z.number().min(0).max(100).default(0), {
    label: 'Sigma churn',
    help: 'noise added before each step of Euler, Heun and DPM2',
  }),
  sTmin: option(z.number().min(0).max(10_000).default(0), {
    label: 'Sigma tmin',
    help: 'lowest noise level at which it is added',
  }),
  sTmax: option(orAuto(z.number().min(0).max(10_000)), {
    label: 'Sigma tmax',
    help: 'highest noise level at which it is added; auto is no limit',
  }),
  sNoise: option(z.number().min(0).max(2).default(1), {
    label: 'Sigma noise',
    help: 'factor on all noise that samplers add',
  }),
  hiresScale: option(z.number().min(1).max(8).default(1), {
    label: 'Hires scale',
    help: 'size of a second pass, as a factor on width and height; 1 is none',
  }),
  hiresUpscaler: option(z.enum(['Latent', 'Lanczos']).default('Latent'), {
    label: 'Hires upscaler',
    help: 'how the first pass is enlarged: Latent before it is decoded, Lanczos after',
  }),
  hiresSteps: option(z.int().min(0).max(1000).default(0), {
    label: 'Hires steps',
    help: 'steps of the second pass; 0 takes as many as the first',
  }),
  hiresDenoisingStrength: option(z.number().min(0).max(1).default(0.7), {
    label: 'Hires denoising strength',
    help: 'how much the second pass may change',
  }),
  preview: option(z.enum(['auto', 'full', 'tae', 'cheap']).default('auto'), {
    label: 'Preview',
    help: 'how steps become pictures: full decodes them as the image, tae by a tiny decoder, cheap estimates their colours; auto takes the best that costs little',
  }),
  batchCount: option(z.int().min(1).max(1000).default(1), {
    label: 'Batch count',
    help: 'how many batches are made, one after another',
  }),
  batchSize: option(z.int().min(1).max(64).default(1), {
    label: 'Batch size',
    help: 'how many images are made at once',
  }),
});

/** What img2img takes beside the starting picture and the generation options. */
export const img2imgOptionsSchema = z.strictObject({
  denoisingStrength: option(z.number().min(0).max(1).default(0.75), {
    label: 'Denoising strength',
    help: 'how much of the starting picture may change: 0 nothing, 1 everything; that share of the steps is taken',
  }),
  resizeMode: option(z.enum(['crop', 'stretch', 'fill']).default('crop'), {
    label: 'Resize mode',
    help: 'how the starting picture gets the size of the image: crop cuts what is too much, stretch distorts it, fill repeats its edges where it is too small',
  }),
  maskBlur: option(z.number().min(0).max(64).default(4), {
    label: 'Mask blur',
    help: 'how softly the mask ends',
    unit: 'pixels',
  }),
  startFrame: option(z.boolean().default(false), {
    label: 'Start frame',
    help: 'show the starting picture first',
  }),
});

export type Img2imgOptions = z.output<typeof img2imgOptionsSchema>;

/** The options after checking: all present. */
export type GenerationOptions = z.output<typeof generationOptionsSchema>;
