import { findSampler, findScheduler } from '../../diffusion/names.js';
import { type SamplerRow, samplers } from '../../diffusion/samplers/index.js';
import { schedulers } from '../../diffusion/schedulers/index.js';
import { HttpError } from '../http-error.js';

/** The samplers that take their noise from a Brownian tree, and those that add fresh noise of their own. */
const brownian = /SDE/;
const ancestral = / a$|^DPM (?:fast|adaptive)$/;

/** The rows of `GET /samplers`. */
export function samplerItems(): unknown[] {
  return samplers.map((sampler) => ({ name: sampler.name, aliases: sampler.aliases, options: optionsOf(sampler) }));
}

function optionsOf({ name, automatic, secondOrder, discardNextToLast }: SamplerRow): Record<string, unknown> {
  return {
    ...(automatic === 'Uniform' || automatic === 'DDIM' ? {} : { scheduler: keyOf(automatic) }),
    ...(secondOrder && { second_order: true }),
    ...(discardNextToLast && { discard_next_to_last_sigma: true }),
    ...(brownian.test(name) && { brownian_noise: true }),
    ...(ancestral.test(name) && { uses_ensd: true }),
  };
}

/** How strongly the levels crowd at low noise where nothing else is asked for; -1 where there is no such number. */
const ownRho: Readonly<Record<string, number>> = { Karras: 7, Polyexponential: 1 };
const needingModel = ['Uniform', 'SGM Uniform', 'Simple', 'Normal', 'DDIM', 'Beta', 'Turbo'];

/** The rows of `GET /schedulers`. */
export function schedulerItems(): unknown[] {
  return [{ name: 'Automatic', aliases: [] }, ...schedulers].map(({ name, aliases }) => ({
    name: keyOf(name),
    label: name,
    aliases: aliases.length > 0 ? aliases : null,
    default_rho: ownRho[name] ?? -1,
    need_inner_model: needingModel.includes(name),
  }));
}

/** `SGM Uniform` is `sgm_uniform`. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '_');
}

/**
 * The sampler and the scheduler of a request by our names. The web UIs once had them in one, such as `DPM++ 2M Karras`,
 * and their clients still send that.
 * @throws HttpError 404 where there is no such sampler, 422 where there is no such scheduler
 */
export function chooseSampler(
  samplerName: string,
  schedulerName: string | null,
): { readonly sampler: string; readonly scheduler: string } {
  const whole = samplerCalled(samplerName);
  if (whole) return { sampler: whole.name, scheduler: schedulerOf(whole, schedulerName) };
  for (const { name, aliases } of schedulers) {
    const ending = [name, ...aliases].find((each) => samplerName.toLowerCase().endsWith(` ${each.toLowerCase()}`));
    const sampler = ending === undefined ? undefined : samplerCalled(samplerName.slice(0, -ending.length - 1));
    if (sampler) return { sampler: sampler.name, scheduler: name };
  }
  throw new HttpError(404, 'Sampler not found');
}

function samplerCalled(name: string): SamplerRow | undefined {
  const known = samplers.some((row) =>
    [row.name, ...row.aliases].some((each) => each.toLowerCase() === name.toLowerCase()),
  );
  return known ? findSampler(name) : undefined;
}

function schedulerOf(sampler: SamplerRow, name: string | null): string {
  if (name === null || ['', 'automatic'].includes(name.toLowerCase())) return 'Automatic';
  return findScheduler(name, sampler).name;
}
