import { ddim, ddimCfgPlusPlus, ddpm } from './ddim.js';
import { deis } from './deis.js';
import { dpmAdaptive } from './dpm-adaptive.js';
import { dpmFast, dpmFastOrders } from './dpm-fast.js';
import { dpm2, dpm2Ancestral } from './dpm2.js';
import { dpmpp2m } from './dpmpp-2m.js';
import { dpmpp2mSde, dpmpp2mSdeHeun } from './dpmpp-2m-sde.js';
import { dpmpp2sAncestral } from './dpmpp-2s-ancestral.js';
import { dpmpp3mSde } from './dpmpp-3m-sde.js';
import { dpmppSde } from './dpmpp-sde.js';
import { euler } from './euler.js';
import { eulerAncestral } from './euler-ancestral.js';
import { heun } from './heun.js';
import { lcm } from './lcm.js';
import { lms } from './lms.js';
import { plms } from './plms.js';
import { restart, restartIntervals } from './restart.js';
import type { Sampler } from './sampler.js';
import { unipc } from './unipc.js';

/** A sampler's names (the first is the one that web UIs show and write into infotexts) and what belongs to it. */
export type SamplerRow = {
  readonly name: string;
  /** the keys of AUTOMATIC1111's web UI, ComfyUI and others */
  readonly aliases: readonly string[];
  readonly sample: Sampler;
  /** the scheduler that `Automatic` means for it: the web UI's */
  readonly automatic: string;
  /** whether a step more is scheduled, and the last level above 0 left out */
  readonly discardNextToLast?: boolean;
  /** whether it takes two evaluations of the model for a step: edits of prompts count them */
  readonly secondOrder?: boolean;
  /** whether it starts from noise that has unit variance as models take it, like the web UI's samplers of timesteps */
  readonly startsAtUnitVariance?: boolean;
  /** what the CFG scale is multiplied by */
  readonly cfgFactor?: number;
  /** how many steps it takes for these levels, and whether that is certain; one for each interval if left out */
  readonly plan?: (sigmas: readonly number[]) => PlannedSteps;
};

type PlannedSteps = { readonly steps: number; readonly exact: boolean };

const uniform = { automatic: 'Uniform' };
const karras = { automatic: 'Karras' };
const exponential = { automatic: 'Exponential' };
const timesteps = { automatic: 'DDIM', startsAtUnitVariance: true };
const secondOrder = { secondOrder: true };
const discarding = { discardNextToLast: true };

export const samplers: readonly SamplerRow[] = [
  {
    name: 'Euler a',
    aliases: ['k_euler_a', 'euler_a', 'k_euler_ancestral', 'euler_ancestral'],
    sample: eulerAncestral,
    ...uniform,
  },
  { name: 'Euler', aliases: ['k_euler'], sample: euler, ...uniform },
  { name: 'LMS', aliases: ['k_lms'], sample: lms, ...uniform },
  { name: 'Heun', aliases: ['k_heun'], sample: heun, ...uniform, ...secondOrder },
  { name: 'DPM2', aliases: ['k_dpm_2', 'dpm_2'], sample: dpm2, ...karras, ...secondOrder, ...discarding },
  {
    name: 'DPM2 a',
    aliases: ['k_dpm_2_a', 'dpm_2_a', 'k_dpm_2_ancestral', 'dpm_2_ancestral'],
    sample: dpm2Ancestral,
    ...{ ...karras, ...secondOrder, ...discarding },
  },
  {
    name: 'DPM++ 2S a',
    aliases: ['k_dpmpp_2s_a', 'dpmpp_2s_a', 'dpmpp_2s_ancestral'],
    sample: dpmpp2sAncestral,
    ...{ ...karras, ...secondOrder },
  },
  { name: 'DPM++ 2M', aliases: ['k_dpmpp_2m', 'dpmpp_2m'], sample: dpmpp2m, ...karras },
  { name: 'DPM++ SDE', aliases: ['k_dpmpp_sde', 'dpmpp_sde'], sample: dpmppSde, ...karras, ...secondOrder },
  { name: 'DPM++ 2M SDE', aliases: ['k_dpmpp_2m_sde', 'dpmpp_2m_sde'], sample: dpmpp2mSde, ...exponential },
  {
    name: 'DPM++ 2M SDE Heun',
    aliases: ['k_dpmpp_2m_sde_heun', 'dpmpp_2m_sde_heun'],
    sample: dpmpp2mSdeHeun,
    ...exponential,
  },
  {
    name: 'DPM++ 3M SDE',
    aliases: ['k_dpmpp_3m_sde', 'dpmpp_3m_sde'],
    sample: dpmpp3mSde,
    ...{ ...exponential, ...discarding },
  },
  {
    name: 'DPM fast',
    aliases: ['k_dpm_fast', 'dpm_fast'],
    sample: dpmFast,
    ...uniform,
    plan: (sigmas) => ({ steps: dpmFastOrders(sigmas.length - 1).length, exact: true }),
  },
  {
    name: 'DPM adaptive',
    aliases: ['k_dpm_ad', 'k_dpm_adaptive', 'dpm_ad', 'dpm_adaptive'],
    sample: dpmAdaptive,
    ...uniform,
    plan: (sigmas) => ({ steps: sigmas.length - 1, exact: false }),
  },
  { name: 'LCM', aliases: ['k_lcm'], sample: lcm, automatic: 'SGM Uniform' },
  {
    name: 'Restart',
    aliases: [],
    sample: restart,
    ...{ ...karras, ...secondOrder },
    plan: (sigmas) => ({ steps: restartIntervals(sigmas).length, exact: true }),
  },
  { name: 'DDIM', aliases: [], sample: ddim, ...timesteps },
  { name: 'DDIM CFG++', aliases: ['ddim_cfgpp'], sample: ddimCfgPlusPlus, ...timesteps, cfgFactor: 1 / 12.5 },
  { name: 'PLMS', aliases: ['pndm'], sample: plms, ...timesteps },
  { name: 'UniPC', aliases: ['uni_pc'], sample: unipc, ...timesteps },
  { name: 'DDPM', aliases: [], sample: ddpm, ...uniform },
  { name: 'DEIS', aliases: ['deis_multistep'], sample: deis, ...uniform },
];
