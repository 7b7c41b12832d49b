import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { type FoundProgram, HttpClient, type RequestOptions } from '../remote/http-client.js';
import { comfyui } from './connection.js';

/** What a ComfyUI has, by its own names. */
export type Catalogue = {
  readonly checkpoints: readonly string[];
  readonly samplers: readonly string[];
  readonly schedulers: readonly string[];
};

const choice = z
  .tuple([z.array(z.string())])
  .rest(z.unknown())
  .transform(([names]) => names);
const checkpointsSchema = z.object({
  CheckpointLoaderSimple: z.object({ input: z.object({ required: z.object({ ckpt_name: choice }) }) }),
});
const samplingSchema = z.object({
  KSampler: z.object({ input: z.object({ required: z.object({ sampler_name: choice, scheduler: choice }) }) }),
});
const statsSchema = z.object({ system: z.object({ comfyui_version: z.string() }) });

/** @throws StepsAnimationError `network` */
export async function readCatalogue(client: HttpClient, options?: RequestOptions): Promise<Catalogue> {
  const [checkpoints, sampling] = await Promise.all([
    readCheckpoints(client, options),
    client.get('object_info/KSampler', samplingSchema, options),
  ]);
  const { sampler_name: samplers, scheduler: schedulers } = sampling.KSampler.input.required;
  return { checkpoints, samplers, schedulers };
}

async function readCheckpoints(client: HttpClient, options?: RequestOptions): Promise<readonly string[]> {
  const { CheckpointLoaderSimple: node } = await client.get(
    'object_info/CheckpointLoaderSimple',
    checkpointsSchema,
    options,
  );
  return node.input.required.ckpt_name;
}

/** The ComfyUI at an address, with its checkpoints; undefined if there is none. */
export async function findComfyui(url: string, options: RequestOptions): Promise<FoundProgram | undefined> {
  using client = new HttpClient(comfyui, url);
  const [stats, checkpoints] = await Promise.allSettled([
    client.get('system_stats', statsSchema, options),
    readCheckpoints(client, options),
  ]);
  if (stats.status === 'rejected') return undefined;
  return { models: checkpoints.status === 'fulfilled' ? checkpoints.value : [] };
}

/**
 * The file of a checkpoint, by its name with or without folder and ending; the first if none is asked for.
 * @throws StepsAnimationError `usage`, listing the checkpoints
 */
export function chooseCheckpoint({ checkpoints }: Catalogue, wanted: string | undefined): string {
  const names = (file: string) => [file, file.replace(/\.\w+$/u, ''), modelNameOf(file)];
  const found = wanted === undefined ? checkpoints[0] : checkpoints.find((file) => names(file).includes(wanted));
  if (found !== undefined) return found;
  const asked = wanted === undefined ? 'no checkpoint' : `no checkpoint ${JSON.stringify(wanted)}`;
  const message = `ComfyUI has ${asked}; it has: ${checkpoints.join(', ') || 'none: put one into models/checkpoints'}.`;
  throw new StepsAnimationError('usage', message);
}

/** A checkpoint's file without its folder and ending. */
export function modelNameOf(file: string): string {
  return (file.split(/[\\/]/u).at(-1) ?? file).replace(/\.\w+$/u, '');
}

/** ComfyUI's names of the web UIs' samplers; all others differ in case and spaces only. */
const samplerNames: Readonly<Record<string, string>> = {
  'euler a': 'euler_ancestral',
  'dpm2 a': 'dpm_2_ancestral',
  dpm2: 'dpm_2',
  'dpm++ 2s a': 'dpmpp_2s_ancestral',
  'dpm++ 2m': 'dpmpp_2m',
  'dpm++ sde': 'dpmpp_sde',
  'dpm++ 2m sde': 'dpmpp_2m_sde',
  'dpm++ 2m sde heun': 'dpmpp_2m_sde_heun',
  'dpm++ 3m sde': 'dpmpp_3m_sde',
  'dpm fast': 'dpm_fast',
  'dpm adaptive': 'dpm_adaptive',
  unipc: 'uni_pc',
};

const schedulerNames: Readonly<Record<string, string>> = {
  automatic: 'normal',
  'sgm uniform': 'sgm_uniform',
  ddim: 'ddim_uniform',
  uniform: 'ddim_uniform',
  'kl optimal': 'kl_optimal',
};

/**
 * A sampler by ComfyUI's name.
 * @throws StepsAnimationError `usage`, listing the samplers
 */
export function samplerNameOf({ samplers }: Catalogue, wanted: string): string {
  return nameOf('sampler', wanted, samplerNames, samplers);
}

/**
 * A scheduler by ComfyUI's name.
 * @throws StepsAnimationError `usage`, listing the schedulers
 */
export function schedulerNameOf({ schedulers }: Catalogue, wanted: string): string {
  return nameOf('scheduler', wanted, schedulerNames, schedulers);
}

function nameOf(
  kind: string,
  wanted: string,
  known: Readonly<Record<string, string>>,
  choice: readonly string[],
): string {
  const key = wanted.trim().toLowerCase();
  const name = known[key] ?? key.replace(/^k_/u, '').replaceAll(' ', '_');
  const found = [name, key].find((each) => choice.includes(each));
  if (found !== undefined) return found;
  const message = `ComfyUI has no ${kind} ${JSON.stringify(wanted)}; it has: ${choice.join(', ')}.`;
  throw new StepsAnimationError('usage', message);
}
