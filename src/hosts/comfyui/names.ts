import { StepsAnimationError } from '../../errors.js';

/** The web UIs' names of samplers in ComfyUI; what is not here is called the same but for case and spaces. */
const samplers: Readonly<Record<string, string>> = {
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

const schedulers: Readonly<Record<string, string>> = {
  automatic: 'normal',
  'sgm uniform': 'sgm_uniform',
  ddim: 'ddim_uniform',
  uniform: 'ddim_uniform',
  'kl optimal': 'kl_optimal',
};

export type Choices = { readonly samplers: readonly string[]; readonly schedulers: readonly string[] };

/**
 * A sampler by ComfyUI's name.
 * @throws StepsAnimationError `usage`, with what there is
 */
export function samplerNameOf(wanted: string, choices: Choices): string {
  return nameOf('sampler', wanted, samplers, choices.samplers);
}

/** A scheduler by ComfyUI's name. Throws as `samplerNameOf` does. */
export function schedulerNameOf(wanted: string, choices: Choices): string {
  return nameOf('scheduler', wanted, schedulers, choices.schedulers);
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
