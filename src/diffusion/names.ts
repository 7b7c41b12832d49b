import { StepsAnimationError } from '../errors.js';
import { samplers } from './samplers/index.js';
import type { SamplerRow } from './samplers/sampler.js';
import { schedulers } from './schedulers/index.js';
import type { Scheduler } from './schedulers/scheduler.js';

type Named = { readonly name: string; readonly aliases: readonly string[] };

/** The choice that depends on the sampler. */
const automatic = { name: 'Automatic', aliases: ['auto', 'default'] } as const;

/** As web UIs show them, in the order of the table. */
export const samplerNames: readonly string[] = samplers.map(({ name }) => name);
/** As web UIs show them, `Automatic` first. */
export const schedulerNames: readonly string[] = [automatic, ...schedulers].map(({ name }) => name);

/**
 * Finds a sampler by its name or an alias, ignoring case.
 * @throws StepsAnimationError `usage`, listing all names
 */
export function findSampler(name: string): SamplerRow {
  return find('sampler', name, samplers, samplerNames);
}

/**
 * Finds a scheduler by its name or an alias, ignoring case; `Automatic` is the one that belongs to the sampler.
 * @throws StepsAnimationError `usage`, listing all names
 */
export function findScheduler(
  name: string,
  sampler: SamplerRow,
): { readonly name: string; readonly schedule: Scheduler } {
  const own = find('scheduler', sampler.automaticScheduler, schedulers, schedulerNames);
  return find('scheduler', name, [{ ...automatic, schedule: own.schedule }, ...schedulers], schedulerNames);
}

function find<T extends Named>(kind: string, name: string, rows: readonly T[], names: readonly string[]): T {
  const wanted = name.toLowerCase();
  const row = rows.find((row) => [row.name, ...row.aliases].some((known) => known.toLowerCase() === wanted));
  if (row) return row;
  throw new StepsAnimationError('usage', `There is no ${kind} "${name}"; choose one of: ${names.join(', ')}.`);
}
