import { access, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';

/** A model folder in the diffusers ONNX layout, by its configurations alone: nothing heavy is loaded. */
export type ModelFolder = {
  readonly name: string;
  /** absolute */
  readonly path: string;
  /** size of the pictures that the model was trained on, in pixels */
  readonly width: number;
  readonly height: number;
  /** width and height must be multiples of this, in pixels */
  readonly sizeUnit: number;
  /** how many pixels one latent value stands for, along each side */
  readonly latentFactor: number;
  readonly latentChannels: number;
  /** latents are divided by this and then moved by `latentShift` before they are decoded */
  readonly latentScale: number;
  readonly latentShift: number;
  readonly scheduler: SchedulerConfig;
};

const levels = z.array(z.number()).min(1);
const unetSchema = z.object({
  sample_size: z.union([z.int(), z.tuple([z.int(), z.int()])]),
  block_out_channels: levels,
});
const vaeSchema = z.object({
  latent_channels: z.int().default(4),
  scaling_factor: z.number().default(0.18215),
  shift_factor: z.number().nullish(),
  block_out_channels: levels,
});
const schedulerSchema = z.object({
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']),
  beta_start: z.number().positive(),
  beta_end: z.number().positive().lt(1),
  num_train_timesteps: z.int().min(2),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  trained_betas: z.null().optional(),
  rescale_betas_zero_snr: z.literal(false).optional(),
});

export type SchedulerConfig = z.output<typeof schedulerSchema>;

const neededFiles = [
  'unet/model.onnx',
  'vae_decoder/model.onnx',
  'text_encoder/model.onnx',
  'tokenizer/tokenizer.json',
  'tokenizer/tokenizer_config.json',
];

/**
 * Reads the configurations of a model folder and checks that its files are there.
 * @throws StepsAnimationError `model`, naming the folder and what is missing or wrong
 */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  await readConfig(path, 'model_index.json', z.object({}));
  const unet = await readConfig(path, 'unet/config.json', unetSchema);
  const vae = await readConfig(path, 'vae_decoder/config.json', vaeSchema);
  const scheduler = await readConfig(path, 'scheduler/scheduler_config.json', schedulerSchema);
  for (const file of neededFiles) await access(join(path, file)).catch((cause) => missing(path, file, cause));
  const latentFactor = 2 ** (vae.block_out_channels.length - 1);
  const [rows, columns] =
    typeof unet.sample_size === 'number' ? [unet.sample_size, unet.sample_size] : unet.sample_size;
  return {
    name: basename(resolve(path)),
    path: resolve(path),
    width: columns * latentFactor,
    height: rows * latentFactor,
    sizeUnit: latentFactor * 2 ** (unet.block_out_channels.length - 1),
    latentFactor,
    latentChannels: vae.latent_channels,
    latentScale: vae.scaling_factor,
    latentShift: vae.shift_factor ?? 0,
    scheduler,
  };
}

/** The names of the folders in `path` that hold a model, sorted; none where there is no such folder. */
export async function listModels(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => !entry.isFile()).map((entry) => entry.name);
  const found = await Promise.all(names.map((name) => isModelFolder(join(path, name))));
  return names.filter((_, i) => found[i]).sort();
}

function isModelFolder(path: string): Promise<boolean> {
  return access(join(path, 'model_index.json')).then(
    () => true,
    () => false,
  );
}

async function readConfig<T extends z.ZodType>(folder: string, file: string, schema: T): Promise<z.output<T>> {
  const text = await readFile(join(folder, file), 'utf8').catch((cause) => missing(folder, file, cause));
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const { path = [], message } = parsed.error.issues[0] ?? { message: 'not readable' };
  throw new StepsAnimationError(
    'model',
    `${join(folder, file)} is not what a diffusers model has there (${[...path, message].join(': ')}); export the model again.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
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
