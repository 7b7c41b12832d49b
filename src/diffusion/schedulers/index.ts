import { alignYourSteps, alignYourSteps32, alignYourStepsGits } from './align-your-steps.js';
import type { SchedulerRow } from './scheduler.js';
import { beta, exponential, karras, klOptimal, polyexponential } from './sigma-schedulers.js';
import { ddim, normal, sgmUniform, simple, turbo, uniform } from './timestep-schedulers.js';

const kDiffusion = 'k-diffusion, github.com/crowsonkb/k-diffusion';
const comfyUi = 'ComfyUI, github.com/comfyanonymous/ComfyUI';
const sabour2024 = 'Sabour et al. 2024, arXiv:2404.14507';

/**
 * All schedulers, in the order of the lists that offer them. `Automatic`, which stands for the sampler's own choice, is
 * not among them. A new scheduler is a function and a row here.
 */
export const schedulers: readonly SchedulerRow[] = [
  { name: 'Uniform', aliases: [], schedule: uniform, source: kDiffusion },
  { name: 'Karras', aliases: [], schedule: karras, source: 'Karras et al. 2022, arXiv:2206.00364' },
  { name: 'Exponential', aliases: [], schedule: exponential, source: kDiffusion },
  { name: 'Polyexponential', aliases: ['poly_exponential'], schedule: polyexponential, source: kDiffusion },
  {
    ...{ name: 'SGM Uniform', aliases: ['sgm_uniform', 'SGMUniform'], schedule: sgmUniform },
    source: 'generative-models, github.com/Stability-AI/generative-models',
  },
  { name: 'KL Optimal', aliases: ['kl_optimal'], schedule: klOptimal, source: sabour2024 },
  {
    ...{ name: 'Align Your Steps', schedule: alignYourSteps, source: sabour2024 },
    aliases: ['align_your_steps', 'ays', 'Align Your Steps 11', 'align_your_steps_11'],
  },
  { name: 'Simple', aliases: [], schedule: simple, source: comfyUi },
  { name: 'Normal', aliases: [], schedule: normal, source: comfyUi },
  {
    ...{ name: 'DDIM', aliases: ['ddim_uniform', 'DDIM Uniform'], schedule: ddim },
    source: 'Song et al. 2021, arXiv:2010.02502',
  },
  { name: 'Beta', aliases: [], schedule: beta, source: 'Lee et al. 2024, arXiv:2407.12173' },
  { name: 'Turbo', aliases: [], schedule: turbo, source: 'Sauer et al. 2023, arXiv:2311.17042' },
  {
    ...{ name: 'Align Your Steps GITS', aliases: ['align_your_steps_GITS', 'ays_gits'], schedule: alignYourStepsGits },
    source: 'Chen et al. 2024, arXiv:2405.11326',
  },
  {
    ...{ name: 'Align Your Steps 32', aliases: ['align_your_steps_32', 'ays_32'], schedule: alignYourSteps32 },
    source: sabour2024,
  },
];
