import type { Scheduler } from '../schedulers/scheduler.js';
import { normal } from '../schedulers/timestep-schedulers.js';
import { euler } from './euler.js';
import { eulerAncestral } from './euler-ancestral.js';
import type { Sampler } from './sampler.js';

/** A sampler's names (the first is the one that web UIs show and write into infotexts) and what belongs to it. */
export type SamplerRow = {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly sample: Sampler;
  /** what the scheduler `Automatic` means for it */
  readonly automatic: Scheduler;
  readonly discardNextToLast?: boolean;
  readonly secondOrder?: boolean;
  readonly cfgFactor?: number;
  readonly eta?: number;
  readonly plan: (sigmas: readonly number[]) => { readonly steps: number; readonly exact: boolean };
};

export const samplers: readonly SamplerRow[] = [
  {
    name: 'Euler a',
    aliases: ['k_euler_a', 'euler_a', 'euler_ancestral'],
    sample: eulerAncestral,
    plan: (sigmas) => ({ steps: sigmas.length - 1, exact: true }),
    automatic: normal,
  },
  {
    name: 'Euler',
    aliases: ['k_euler', 'euler'],
    sample: euler,
    plan: (sigmas) => ({ steps: sigmas.length - 1, exact: true }),
    automatic: normal,
  },
];
