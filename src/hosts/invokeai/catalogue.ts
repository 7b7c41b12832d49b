import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import { type FoundProgram, HttpClient, RefusedError, type RequestOptions } from '../remote/http-client.js';
import { invokeai } from './connection.js';

/** The bases of models that the graphs can run, with the side of the pictures that they were trained on, in pixels. */
const defaultSides = { 'sd-1': 512, 'sd-2': 768, sdxl: 1024 } as const;

export type Base = keyof typeof defaultSides;

/** A model as InvokeAI's graphs name it, and its size in pixels. */
export type InvokeaiModel = {
  readonly id: { readonly key: string; readonly hash: string; readonly name: string; readonly type: 'main' } & {
    readonly base: Base;
  };
  readonly width: number;
  readonly height: number;
};

const side = z.int().positive().nullish().catch(undefined);
const recordSchema = z.looseObject({
  key: z.string(),
  hash: z.string(),
  name: z.string(),
  base: z.string(),
  default_settings: z.looseObject({ width: side, height: side }).nullish().catch(undefined),
});
const versionSchema = z.object({ version: z.string() });
const modelsSchema = z.object({ models: z.array(recordSchema) });

/**
 * The models that images can be made with.
 * @throws StepsAnimationError `network`
 */
export async function readModels(client: HttpClient, options?: RequestOptions): Promise<readonly InvokeaiModel[]> {
  const { models } = await client.get('api/v2/models/?model_type=main', modelsSchema, options);
  return models.flatMap(({ key, hash, name, base, default_settings: settings }) => {
    if (!isBase(base)) return [];
    const id = { key, hash, name, base, type: 'main' } as const;
    const side = defaultSides[base];
    return [{ id, width: settings?.width ?? side, height: settings?.height ?? side }];
  });
}

/** The InvokeAI at an address, with its models; undefined if there is none. */
export async function findInvokeai(url: string, options: RequestOptions): Promise<FoundProgram | undefined> {
  using client = new HttpClient(invokeai, url);
  const [version, models] = await Promise.allSettled([
    client.get('api/v1/app/version', versionSchema, options),
    readModels(client, options),
  ]);
  if (version.status === 'rejected') return undefined;
  if (models.status === 'fulfilled') return { models: models.value.map(({ id }) => id.name) };
  const needsLogin = models.reason instanceof RefusedError && models.reason.status === 401;
  return { models: [], ...(needsLogin && { problem: `it requires a login: ${invokeai.loginHint}` }) };
}

function isBase(base: string): base is Base {
  return base in defaultSides;
}

/**
 * The model of a name; the first if none is asked for.
 * @throws StepsAnimationError `usage`, listing the models
 */
export function chooseModel(models: readonly InvokeaiModel[], wanted: string | undefined): InvokeaiModel {
  const found = wanted === undefined ? models[0] : models.find(({ id }) => [id.name, id.key].includes(wanted));
  if (found) return found;
  const names = models.map(({ id }) => id.name).join(', ') || 'none: install one of SD 1, SD 2 or SDXL in InvokeAI';
  const asked = wanted === undefined ? 'no such model' : `no model ${JSON.stringify(wanted)} of SD 1, SD 2 or SDXL`;
  throw new StepsAnimationError('usage', `InvokeAI has ${asked}; it has: ${names}.`);
}

/** A sampler of InvokeAI, where it is called a scheduler. */
type InvokeaiSampler = {
  /** InvokeAI's name of it */
  readonly scheduler: string;
  /** whether each step asks the model twice, both of which InvokeAI reports */
  readonly isSecondOrder?: boolean;
  /** whether InvokeAI shows its steps with their noise, as it has no estimate of the denoised image */
  readonly showsNoise?: boolean;
  /** whether it has no variant with Karras's noise levels */
  readonly isWithoutKarras?: boolean;
};

const isSecondOrder = true;
const showsNoise = true;
const isWithoutKarras = true;

const named: Readonly<Record<string, InvokeaiSampler>> = {
  Euler: { scheduler: 'euler' },
  'Euler a': { scheduler: 'euler_a', isWithoutKarras },
  Heun: { scheduler: 'heun', isSecondOrder },
  LMS: { scheduler: 'lms' },
  DPM2: { scheduler: 'kdpm_2', isSecondOrder },
  'DPM2 a': { scheduler: 'kdpm_2_a', isSecondOrder },
  'DPM++ 2S': { scheduler: 'dpmpp_2s', showsNoise },
  'DPM++ 2M': { scheduler: 'dpmpp_2m', showsNoise },
  'DPM++ 2M SDE': { scheduler: 'dpmpp_2m_sde', showsNoise },
  'DPM++ 3M': { scheduler: 'dpmpp_3m', showsNoise },
  'DPM++ SDE': { scheduler: 'dpmpp_sde', isSecondOrder },
  DEIS: { scheduler: 'deis', showsNoise },
  UniPC: { scheduler: 'unipc', showsNoise },
  DDIM: { scheduler: 'ddim', isWithoutKarras },
  DDPM: { scheduler: 'ddpm', isWithoutKarras },
  PLMS: { scheduler: 'pndm', showsNoise, isWithoutKarras },
  LCM: { scheduler: 'lcm', showsNoise, isWithoutKarras },
  TCD: { scheduler: 'tcd', showsNoise, isWithoutKarras },
  'ER SDE': { scheduler: 'er_sde', showsNoise, isWithoutKarras },
};

export const samplers: readonly string[] = Object.keys(named);
export const schedulers: readonly string[] = ['Automatic', 'Karras'];

export const denoisedSamplers: readonly string[] = samplers.filter((name) => !named[name]?.showsNoise);

/**
 * A sampler with its noise levels, by our names or InvokeAI's.
 * @throws StepsAnimationError `usage`, listing what is possible
 */
export function samplerOf(sampler: string, scheduler: string): InvokeaiSampler {
  const byTheirs = Object.fromEntries(Object.values(named).map((each) => [each.scheduler, each]));
  const found = find(sampler, named) ?? find(sampler, byTheirs);
  if (!found) throw unknown('sampler', sampler, samplers);
  const isKarras = find(scheduler, { automatic: false, normal: false, karras: true });
  if (isKarras === undefined) throw unknown('scheduler', scheduler, schedulers);
  if (!isKarras) return found;
  if (!found.isWithoutKarras) return { ...found, scheduler: `${found.scheduler}_k` };
  const message = `InvokeAI has no Karras schedule for ${sampler}: choose --scheduler Automatic, or another sampler.`;
  throw new StepsAnimationError('usage', message);
}

function find<Value>(wanted: string, values: Readonly<Record<string, Value>>): Value | undefined {
  const key = wanted.trim().toLowerCase();
  return Object.entries(values).find(([name]) => name.toLowerCase() === key)?.[1];
}

function unknown(kind: string, wanted: string, choice: readonly string[]): StepsAnimationError {
  const message = `InvokeAI has no ${kind} ${JSON.stringify(wanted)}; it has: ${choice.join(', ')}.`;
  return new StepsAnimationError('usage', message);
}
