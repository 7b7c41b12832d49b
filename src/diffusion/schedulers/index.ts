import { alignYourSteps, alignYourSteps32, alignYourStepsGits } from './align-your-steps.js';
import { beta } from './beta.js';
import type { Scheduler } from './scheduler.js';
import { exponential, karras, klOptimal, polyexponential } from './sigma-schedulers.js';
import { ddim, normal, sgmUniform, simple, turbo, uniform } from './timestep-schedulers.js';

/** A scheduler's names: the first is the one that web UIs show and write into infotexts. */
export type SchedulerRow = { readonly name: string; readonly aliases: readonly string[]; readonly schedule: Scheduler };

/**
 * The schedulers by name, with the keys of AUTOMATIC1111's web UI, Forge and ComfyUI as aliases; `Automatic`, which
 * stands for the sampler's own choice, is not among them.
 */
export const schedulers = [
  { name: 'Uniform', aliases: [], schedule: uniform },
  { name: 'Karras', aliases: [], schedule: karras },
  { name: 'Exponential', aliases: [], schedule: exponential },
  { name: 'Polyexponential', aliases: ['poly_exponential'], schedule: polyexponential },
  { name: 'SGM Uniform', aliases: ['sgm_uniform', 'SGMUniform'], schedule: sgmUniform },
  { name: 'KL Optimal', aliases: ['kl_optimal'], schedule: klOptimal },
  {
    name: 'Align Your Steps',
    aliases: ['align_your_steps', 'ays', 'Align Your Steps 11', 'align_your_steps_11'],
    schedule: alignYourSteps,
  },
  { name: 'Simple', aliases: [], schedule: simple },
  { name: 'Normal', aliases: [], schedule: normal },
  { name: 'DDIM', aliases: ['ddim_uniform', 'DDIM Uniform'], schedule: ddim },
  { name: 'Beta', aliases: [], schedule: beta },
  { name: 'Turbo', aliases: [], schedule: turbo },
  { name: 'Align Your Steps GITS', aliases: ['align_your_steps_GITS', 'ays_gits'], schedule: alignYourStepsGits },
  { name: 'Align Your Steps 32', aliases: ['align_your_steps_32', 'ays_32'], schedule: alignYourSteps32 },
] as const satisfies readonly SchedulerRow[];
