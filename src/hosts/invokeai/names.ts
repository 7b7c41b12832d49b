import { StepsAnimationError } from '../../errors.js';

/** A sampler that InvokeAI has, where it is called a scheduler. */
export type InvokeaiSampler = {
  /** InvokeAI's name for it */
  readonly scheduler: string;
  /** Each of its steps asks the model twice, and InvokeAI tells of both. */
  readonly isSecondOrder?: boolean;
  /** It has no estimate of the denoised image that InvokeAI could show. */
  readonly showsNoise?: boolean;
  /** There is none beside it that takes Karras's noise levels. */
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

/** Samplers whose steps are shown denoised. */
export const denoisedSamplers: readonly string[] = samplers.filter((name) => !named[name]?.showsNoise);

/**
 * A sampler with its noise levels, by our names or InvokeAI's.
 * @throws StepsAnimationError `usage`, with what there is
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
