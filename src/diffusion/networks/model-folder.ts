import { access, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { exists } from '../../util/exists.js';
import { trainingSigmas } from '../schedulers/training-sigmas.js';

/** The configuration of a model folder in the diffusers ONNX layout; no network is loaded. */
export type ModelFolder = {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly family: ModelFamily;
  /** Size of the pictures that the model was trained on, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether it makes no other size. */
  readonly isSizeFixed: boolean;
  /** Width and height must be multiples of this, in pixels. */
  readonly sizeUnit: number;
  /** Pixels for each latent value, along each side. */
  readonly latentFactor: number;
  readonly latentChannels: number;
  /** Latents are divided by this, and `latentShift` is added, before they are decoded. */
  readonly latentScale: number;
  readonly latentShift: number;
  readonly prediction: SchedulerConfig['prediction_type'];
  /** Noise levels of all training timesteps, rising. */
  readonly trainingSigmas: readonly number[];
  /** How many evenly spaced timesteps a consistency model was distilled at; undefined for other models. */
  readonly distilledTimesteps: number | undefined;
  /** Length of the embedding of the CFG scale, for models that were distilled with guidance. */
  readonly guidanceLength: number | undefined;
  /** Whether an empty negative prompt is encoded as zeros (`force_zeros_for_empty_prompt`). */
  readonly emptyIsZero: boolean;
  /** File of a tiny autoencoder's decoder, for previews, if the model has one. */
  readonly tinyDecoder: string | undefined;
  /** File of the encoder, which img2img needs, if the model has one. */
  readonly encoder: string | undefined;
};

/** Stable Diffusion 1 and 2 and their kind have one text encoder, SDXL has two. */
type ModelFamily = 'sd' | 'sdxl';

const levels = z.array(z.number()).min(1);
const indexSchema = z.looseObject({
  _class_name: z.string().default(''),
  force_zeros_for_empty_prompt: z.boolean().default(false),
});
const unetSchema = z.object({
  sample_size: z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]),
  block_out_channels: levels,
  in_channels: z.int().optional(),
  // A key of our own: the network takes no other size. Only loading it shows that otherwise.
  fixed_size: z.boolean().default(false),
  time_cond_proj_dim: z.int().nullish(),
});
const vaeSchema = z.object({
  latent_channels: z.int().positive().default(4),
  scaling_factor: z.number().positive().default(0.18215),
  shift_factor: z.number().nullish(),
  block_out_channels: levels,
});
const schedulerSchema = z.object({
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']),
  beta_start: z.number().positive(),
  beta_end: z.number().positive().lt(1),
  num_train_timesteps: z.int().min(2),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  trained_betas: z.array(z.number().positive().lt(1)).nullish(),
  rescale_betas_zero_snr: z.boolean().default(false),
  original_inference_steps: z.int().positive().nullish(),
});

type SchedulerConfig = z.output<typeof schedulerSchema>;

const requiredFiles = ['unet/model.onnx', 'vae_decoder/model.onnx', 'text_encoder/model.onnx'];

/**
 * Reads the configuration of a model folder and checks that its networks exist.
 * @throws StepsAnimationError `model`, naming the folder and what is missing or wrong
 */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const { index, unet, vae, scheduler } = await readModelConfigs(path);
  const isSdxl = await exists(join(path, 'text_encoder_2'));
  const required = [...requiredFiles, ...(isSdxl ? ['text_encoder_2/model.onnx'] : [])];
  for (const file of required) await access(join(path, file)).catch((cause) => missing(path, file, cause));
  const latentFactor = 2 ** (vae.block_out_channels.length - 1);
  const [rows, columns] =
    typeof unet.sample_size === 'number' ? [unet.sample_size, unet.sample_size] : unet.sample_size;
  return {
    name: basename(resolve(path)),
    path: resolve(path),
    family: isSdxl ? 'sdxl' : 'sd',
    width: columns * latentFactor,
    height: rows * latentFactor,
    isSizeFixed: unet.fixed_size,
    sizeUnit: latentFactor * 2 ** (unet.block_out_channels.length - 1),
    latentFactor,
    latentChannels: vae.latent_channels,
    latentScale: vae.scaling_factor,
    latentShift: vae.shift_factor ?? 0,
    prediction: scheduler.prediction_type,
    trainingSigmas: sigmasOf(scheduler),
    distilledTimesteps: scheduler.original_inference_steps ?? undefined,
    guidanceLength: unet.time_cond_proj_dim ?? undefined,
    emptyIsZero: index.force_zeros_for_empty_prompt,
    tinyDecoder: await firstOf(path, ['vae_tiny_decoder/model.onnx', 'taesd/model.onnx', 'taesd/decoder.onnx']),
    encoder: await firstOf(path, ['vae_encoder/model.onnx']),
  };
}

/** The configuration files that say what kind of model a folder holds. */
export const modelConfigFiles = [
  'model_index.json',
  'unet/config.json',
  'vae_decoder/config.json',
  'scheduler/scheduler_config.json',
] as const;

/**
 * Reads these files without checking for networks.
 * @param name of the model in messages
 * @throws StepsAnimationError `model` when this engine cannot run the model
 */
export async function readModelConfigs(path: string, name = path) {
  const [indexFile, unetFile, vaeFile, schedulerFile] = modelConfigFiles;
  const index = await readConfig(path, indexFile, indexSchema, name);
  await requireSupportedPipeline(path, index._class_name, name);
  const unet = await readConfig(path, unetFile, unetSchema, name);
  const vae = await readConfig(path, vaeFile, vaeSchema, name);
  requireTextToImage(name, unet.in_channels, vae.latent_channels);
  const scheduler = await readConfig(path, schedulerFile, schedulerSchema, name);
  return { index, unet, vae, scheduler };
}

function sigmasOf(scheduler: SchedulerConfig): readonly number[] {
  return trainingSigmas({
    betaSchedule: scheduler.beta_schedule,
    betaStart: scheduler.beta_start,
    betaEnd: scheduler.beta_end,
    timesteps: scheduler.num_train_timesteps,
    zeroTerminalSnr: scheduler.rescale_betas_zero_snr,
    trainedBetas: scheduler.trained_betas ?? undefined,
  });
}

/** The names of the model folders in `path`, sorted; empty if `path` does not exist. */
export async function listModelNames(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => !entry.isFile()).map((entry) => entry.name);
  const found = await Promise.all(names.map((name) => exists(join(path, name, 'model_index.json'))));
  return names.filter((_, i) => found[i]).sort();
}

async function requireSupportedPipeline(path: string, className: string, name: string): Promise<void> {
  const hasTransformer = await exists(join(path, 'transformer'));
  if (!hasTransformer && !/Inpaint|Pix2Pix|Upscale|ControlNet|StableDiffusion3|Flux/u.test(className)) return;
  throw new StepsAnimationError(
    'model',
    `The model in ${name} is a ${className || 'model with a transformer'}, which this engine cannot run; use a text-to-image model of the families Stable Diffusion 1, 2 or XL, also LCM and Turbo (docs/models.md).`,
  );
}

function requireTextToImage(name: string, channels: number | undefined, latentChannels: number): void {
  if (channels === undefined || channels === latentChannels) return;
  throw new StepsAnimationError(
    'model',
    `The UNet in ${name} takes ${channels} channels, but its latents have ${latentChannels}: it is made for inpainting or editing, which this engine cannot run; use a text-to-image model, with --mask for inpainting.`,
  );
}

async function firstOf(folder: string, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await exists(join(folder, file))) return join(resolve(folder), file);
  return undefined;
}

/**
 * Reads a JSON file of a model folder.
 * @param name of the model in messages
 * @throws StepsAnimationError `model` when it is missing or does not match the schema
 */
export async function readConfig<T extends z.ZodType>(
  folder: string,
  file: string,
  schema: T,
  name = folder,
): Promise<z.output<T>> {
  const text = await readFile(join(folder, file), 'utf8').catch((cause) => missing(name, file, cause));
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const { path = [], message } = parsed.error.issues[0] ?? { message: 'not readable' };
  throw new StepsAnimationError(
    'model',
    `${join(name, file)} is not a valid configuration of a diffusers model (${[...path, message].join(': ')}); export the model again.`,
  );
}

function parseJson(text: string): unknown {
  try {
    // diffusers writes "lambda_min_clipped": -Infinity, which is not JSON.
    return JSON.parse(text.replace(/:\s*(?:-?Infinity|NaN)\b/gu, ': null'));
  } catch {
    return undefined;
  }
}

function missing(folder: string, file: string, cause: unknown): never {
  throw new StepsAnimationError(
    'model',
    `The model folder ${folder} has no ${file}; give a folder in the diffusers ONNX layout, as "optimum-cli export onnx" writes it.`,
    { cause },
  );
}
