import { z } from 'zod';
import { maxNameLength, maxPathLength, option } from './option.js';

/** Characters of a prompt. */
export const maxPromptLength = 20_000;

const prompt = z.string().max(maxPromptLength).default('');

const side = z.int().min(0).max(4096).multipleOf(8, { error: 'must be a multiple of 8' }).default(0);

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
  prompt: option(prompt, {
    label: 'Prompt',
    help: 'what the image should show',
    section: 'main',
    webui: { field: 'prompt' },
  }),
  negativePrompt: option(prompt, {
    label: 'Negative prompt',
    help: 'what the image should not show; has an effect only with a CFG scale above 1',
    section: 'main',
    webui: { field: 'negative_prompt' },
  }),
  model: option(z.string().min(1).max(maxPathLength).default('emoji'), {
    label: 'Model',
    help: 'name of a model of the host, or a folder with a model in the diffusers ONNX layout',
    section: 'main',
    infotext: 'Model',
    webui: { setting: 'sd_model_checkpoint' },
  }),
  sampler: option(z.string().min(1).max(maxNameLength).default('Euler a'), {
    label: 'Sampling method',
    help: 'the method that turns noise into the image',
    section: 'main',
    infotext: 'Sampler',
    webui: { field: 'sampler_name' },
  }),
  scheduler: option(z.string().min(1).max(maxNameLength).default('Automatic'), {
    label: 'Schedule type',
    help: 'how the noise levels are spaced over the steps',
    section: 'main',
    infotext: 'Schedule type',
    webui: { field: 'scheduler' },
  }),
  steps: option(z.int().min(1).max(1000).default(20), {
    label: 'Sampling steps',
    help: 'how many times the image is denoised',
    section: 'main',
    infotext: 'Steps',
    webui: { field: 'steps' },
  }),
  cfgScale: option(z.number().min(1).max(30).default(4), {
    label: 'CFG scale',
    help: 'how strongly the image follows the prompt; 1 turns guidance off and halves the time',
    section: 'main',
    infotext: 'CFG scale',
    webui: { field: 'cfg_scale' },
  }),
  seed: option(seed, {
    label: 'Seed',
    help: 'the number that the noise is made from; the same seed gives the same image, -1 picks a random one',
    section: 'main',
    infotext: 'Seed',
    webui: { field: 'seed' },
  }),
  width: option(side, {
    label: 'Width',
    help: "width of the image, a multiple of 8; 0 is the model's default",
    unit: 'pixels',
    section: 'main',
    infotext: 'Size',
    webui: { field: 'width' },
  }),
  height: option(side, {
    label: 'Height',
    help: "height of the image, a multiple of 8; 0 is the model's default",
    unit: 'pixels',
    section: 'main',
    infotext: 'Size',
    webui: { field: 'height' },
  }),
  clipSkip: option(z.int().min(1).max(12).default(1), {
    label: 'Clip skip',
    help: 'which layer of the text encoder reads the prompt: 1 is the last, 2 the one before; SDXL models never use the last',
    infotext: 'Clip skip',
    webui: { setting: 'CLIP_stop_at_last_layers' },
  }),
  guidanceRescale: option(z.number().min(0).max(1).default(0), {
    label: 'Guidance rescale',
    help: 'how much overexposure by guidance is reduced; 0.7 suits models with zero terminal SNR',
    infotext: 'CFG Rescale',
  }),
  rng: option(z.enum(['cpu', 'gpu']).default('cpu'), {
    label: 'Random number generator',
    help: "which noise a seed gives: that of PyTorch's CPU generator, or that of its CUDA generator, which most web UIs use",
    infotext: 'RNG',
    webui: { setting: 'randn_source' },
  }),
  variationSeed: option(seed, {
    label: 'Variation seed',
    help: "seed of the noise that is mixed into the image's own; -1 picks a random one",
    partOf: 'variationStrength',
    infotext: 'Variation seed',
    webui: { field: 'subseed' },
  }),
  variationStrength: option(z.number().min(0).max(1).default(0), {
    label: 'Variation strength',
    help: 'how much of the noise comes from the variation seed',
    infotext: 'Variation seed strength',
    webui: { field: 'subseed_strength' },
  }),
  seedResizeFromWidth: option(side, {
    label: 'Resize seed from width',
    help: 'width of an image of the same seed that this one should resemble; 0 for none',
    unit: 'pixels',
    infotext: 'Seed resize from',
    webui: { field: 'seed_resize_from_w' },
  }),
  seedResizeFromHeight: option(side, {
    label: 'Resize seed from height',
    help: 'height of that image; 0 for none',
    unit: 'pixels',
    partOf: 'seedResizeFromWidth',
    infotext: 'Seed resize from',
    webui: { field: 'seed_resize_from_h' },
  }),
  eta: option(orAuto(z.number().min(0).max(1)), {
    label: 'Eta',
    help: "share of fresh noise in each step of ancestral samplers and DDIM; auto is the sampler's default: 1, or 0 for DDIM",
    infotext: 'Eta',
    webui: { field: 'eta' },
  }),
  sigmaMin: option(orAuto(z.number().min(0.001).max(10_000)), {
    label: 'Lowest sigma',
    help: "noise level before the last step; auto is the model's lowest",
    infotext: 'Schedule min sigma',
    webui: { setting: 'sigma_min' },
  }),
  sigmaMax: option(orAuto(z.number().min(0.001).max(10_000)), {
    label: 'Highest sigma',
    help: "noise level of the first step; auto is the model's highest",
    infotext: 'Schedule max sigma',
    webui: { setting: 'sigma_max' },
  }),
  rho: option(orAuto(z.number().min(0.1).max(1000)), {
    label: 'Rho',
    help: 'how strongly Karras and Polyexponential concentrate the steps at low noise; auto is 7 and 1',
    infotext: 'Schedule rho',
    webui: { setting: 'rho' },
  }),
  sChurn: option(z.number().min(0).max(100).default(0), {
    label: 'Sigma churn',
    help: 'noise added before each step of Euler, Heun and DPM2',
    infotext: 'Sigma churn',
    webui: { field: 's_churn', setting: 's_churn' },
  }),
  sTmin: option(z.number().min(0).max(10_000).default(0), {
    label: 'Sigma tmin',
    help: 'lowest noise level at which churn is added',
    infotext: 'Sigma tmin',
    webui: { field: 's_tmin', setting: 's_tmin' },
  }),
  sTmax: option(orAuto(z.number().min(0).max(10_000)), {
    label: 'Sigma tmax',
    help: 'highest noise level at which churn is added; auto is no limit',
    infotext: 'Sigma tmax',
    webui: { field: 's_tmax', setting: 's_tmax' },
  }),
  sNoise: option(z.number().min(0).max(2).default(1), {
    label: 'Sigma noise',
    help: 'factor of all noise that samplers add',
    infotext: 'Sigma noise',
    webui: { field: 's_noise', setting: 's_noise' },
  }),
  hiresScale: option(z.number().min(1).max(8).default(1), {
    label: 'Hires scale',
    help: 'size of a second pass, as a factor of width and height; 1 is no second pass',
    section: 'hires',
    infotext: 'Hires upscale',
    webui: { field: 'hr_scale' },
  }),
  hiresUpscaler: option(z.enum(['Latent', 'Lanczos']).default('Latent'), {
    label: 'Hires upscaler',
    help: 'how the first pass is enlarged: Latent before decoding, Lanczos after',
    section: 'hires',
    partOf: 'hiresScale',
    infotext: 'Hires upscaler',
    webui: { field: 'hr_upscaler' },
  }),
  hiresSteps: option(z.int().min(0).max(1000).default(0), {
    label: 'Hires steps',
    help: 'steps of the second pass; 0 is as many as the first',
    section: 'hires',
    partOf: 'hiresScale',
    infotext: 'Hires steps',
    webui: { field: 'hr_second_pass_steps' },
  }),
  hiresDenoisingStrength: option(z.number().min(0).max(1).default(0.7), {
    label: 'Hires denoising strength',
    help: 'how much the second pass may change: 0 nothing, 1 everything',
    section: 'hires',
    partOf: 'hiresScale',
    infotext: 'Denoising strength',
    webui: { field: 'denoising_strength' },
  }),
  preview: option(z.enum(['auto', 'full', 'tae', 'cheap']).default('auto'), {
    label: 'Preview',
    help: 'how steps become pictures: full decodes them like the image, tae with a tiny decoder, cheap estimates their colours; auto is the best one that costs little',
  }),
  batchCount: option(z.int().min(1).max(1000).default(1), {
    label: 'Batch count',
    help: 'number of batches, made one after another',
    section: 'main',
    webui: { field: 'n_iter' },
  }),
  batchSize: option(z.int().min(1).max(64).default(1), {
    label: 'Batch size',
    help: 'number of images that are made at once',
    section: 'main',
    webui: { field: 'batch_size' },
  }),
});

/** What img2img takes beside the starting picture and the generation options. */
export const img2imgOptionsSchema = z.strictObject({
  denoisingStrength: option(z.number().min(0).max(1).default(0.75), {
    label: 'Denoising strength',
    help: 'how much of the starting picture may change: 0 nothing, 1 everything; that share of the steps is run',
    infotext: 'Denoising strength',
    webui: { field: 'denoising_strength' },
  }),
  resizeMode: option(z.enum(['crop', 'stretch', 'fill']).default('crop'), {
    label: 'Resize mode',
    help: 'how the starting picture is fitted to the size of the image: crop cuts it, stretch distorts it, fill repeats its edges',
    webui: { field: 'resize_mode' },
  }),
  maskBlur: option(z.number().min(0).max(64).default(4), {
    label: 'Mask blur',
    help: 'blur of the edge of the mask',
    unit: 'pixels',
    infotext: 'Mask blur',
    webui: { field: 'mask_blur' },
  }),
  startFrame: option(z.boolean().default(false), {
    label: 'Start frame',
    help: 'show the starting picture first',
  }),
});

export type Img2imgOptions = z.output<typeof img2imgOptionsSchema>;

/** The options after checking: all present. */
export type GenerationOptions = z.output<typeof generationOptionsSchema>;
