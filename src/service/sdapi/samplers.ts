import { samplers } from '../../diffusion/samplers/index.js';
import type { SamplerRow } from '../../diffusion/samplers/sampler.js';
import { schedulers } from '../../diffusion/schedulers/index.js';
import { StepsAnimationError } from '../../errors.js';
import type { HostDescription } from '../../hosts/host.js';
import { HttpError } from '../http-error.js';

/** What the host has; of those that are not our own, only the names are known. */
type Names = Pick<HostDescription, 'samplers' | 'schedulers'>;

/** The samplers that take their noise from a Brownian tree, and those that add fresh noise of their own. */
const brownian = /SDE/;
const ancestral = / a$|^DPM (?:fast|adaptive)$/;

/** The rows of `GET /samplers`. */
export function samplerItems({ samplers: names }: Names): unknown[] {
  return names.map((name) => {
    const row = samplers.find((sampler) => sampler.name === name);
    return { name, aliases: row?.aliases ?? [], options: row ? optionsOf(row) : {} };
  });
}

function optionsOf({
  name,
  automaticScheduler: automatic,
  secondOrder,
  discardNextToLast,
}: SamplerRow): Record<string, unknown> {
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
export function schedulerItems({ schedulers: names }: Names): unknown[] {
  return names.map((name) => ({
    name: keyOf(name),
    label: name,
    aliases: aliasesOf(name, schedulers).length > 0 ? aliasesOf(name, schedulers) : null,
    default_rho: ownRho[name] ?? -1,
    need_inner_model: needingModel.includes(name),
  }));
}

/** `SGM Uniform` is `sgm_uniform`. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '_');
}

/**
 * The sampler and the scheduler of a request by the host's names. The web UIs once had them in one, such as
 * `DPM++ 2M Karras`, and their clients still send that.
 * @throws HttpError 404 where there is no such sampler
 * @throws StepsAnimationError `usage` where there is no such scheduler
 */
export function chooseSampler(
  samplerName: string,
  schedulerName: string | null,
  names: Names,
): { readonly sampler: string; readonly scheduler: string } {
  const whole = nameOf(samplerName, names.samplers, samplers);
  if (whole !== undefined) return { sampler: whole, scheduler: schedulerOf(schedulerName, names.schedulers) };
  for (const scheduler of names.schedulers) {
    const endings = [scheduler, ...aliasesOf(scheduler, schedulers)];
    const ending = endings.find((each) => samplerName.toLowerCase().endsWith(` ${each.toLowerCase()}`));
    const sampler = nameOf(samplerName.slice(0, -(ending?.length ?? 0) - 1), names.samplers, samplers);
    if (ending !== undefined && sampler !== undefined) return { sampler, scheduler };
  }
  throw new HttpError(404, 'Sampler not found');
}

function schedulerOf(name: string | null, names: readonly string[]): string {
  if (!name || name.toLowerCase() === 'automatic') return 'Automatic';
  const found = nameOf(name, names, schedulers) ?? names.find((each) => keyOf(each) === name.toLowerCase());
  if (found !== undefined) return found;
  const message = `There is no scheduler "${name}"; choose one of: ${names.join(', ')}.`;
  throw new StepsAnimationError('usage', message);
}

type Aliased = { readonly name: string; readonly aliases: readonly string[] };

/** The one of the names that is meant, by itself or by an alias, in any case. */
function nameOf(wanted: string, names: readonly string[], rows: readonly Aliased[]): string | undefined {
  const key = wanted.toLowerCase();
  return names.find((name) => [name, ...aliasesOf(name, rows)].some((each) => each.toLowerCase() === key));
}

function aliasesOf(name: string, rows: readonly Aliased[]): readonly string[] {
  return rows.find((row) => row.name === name)?.aliases ?? [];
}
