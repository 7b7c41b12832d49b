import { ddim, ddimCfgPlusPlus, ddpm } from './ddim.js';
import { dpmAdaptive, dpmFast, dpmFastOrders } from './dpm-solver.js';
import { dpmpp2m, dpmpp2sAncestral } from './dpmpp.js';
import { dpmpp2mSde, dpmpp2mSdeHeun, dpmpp3mSde, dpmppSde } from './dpmpp-sde.js';
import { euler, eulerAncestral } from './euler.js';
import { lcm } from './lcm.js';
import { deis, lms, plms } from './multistep.js';
import { restart, restartIntervals } from './restart.js';
import type { SamplerRow } from './sampler.js';
import { dpm2, dpm2Ancestral, heun } from './second-order.js';
import { unipc } from './unipc.js';

const ho2020 = 'Ho et al. 2020, arXiv:2006.11239';
const karras2022 = 'Karras et al. 2022, arXiv:2206.00364';
const song2021 = 'Song et al. 2021, arXiv:2010.02502';
const dpmSolver = 'Lu et al. 2022, DPM-Solver, arXiv:2206.00927';
const dpmSolverPlusPlus = 'Lu et al. 2022, DPM-Solver++, arXiv:2211.01095';

/** Traits that several samplers share. */
const uniform = { automaticScheduler: 'Uniform' };
const karras = { automaticScheduler: 'Karras' };
const exponential = { automaticScheduler: 'Exponential' };
const timesteps = { automaticScheduler: 'DDIM', startsAtUnitVariance: true };
const secondOrder = { secondOrder: true };
const discardNextToLast = { discardNextToLast: true };

/** All samplers, in the order of the lists that offer them. A new sampler is a function and a row here. */
export const samplers: readonly SamplerRow[] = [
  {
    ...{ name: 'Euler a', sample: eulerAncestral, source: ho2020, ...uniform },
    aliases: ['k_euler_a', 'euler_a', 'k_euler_ancestral', 'euler_ancestral'],
  },
  { name: 'Euler', aliases: ['k_euler'], sample: euler, source: karras2022, ...uniform },
  {
    ...{ name: 'LMS', aliases: ['k_lms'], sample: lms, ...uniform },
    source: 'Adams and Bashforth 1883; k-diffusion, github.com/crowsonkb/k-diffusion',
  },
  { name: 'Heun', aliases: ['k_heun'], sample: heun, source: karras2022, ...uniform, ...secondOrder },
  {
    ...{ name: 'DPM2', aliases: ['k_dpm_2', 'dpm_2'], sample: dpm2, source: dpmSolver },
    ...{ ...karras, ...secondOrder, ...discardNextToLast },
  },
  {
    ...{ name: 'DPM2 a', sample: dpm2Ancestral, source: dpmSolver, ...karras, ...secondOrder, ...discardNextToLast },
    aliases: ['k_dpm_2_a', 'dpm_2_a', 'k_dpm_2_ancestral', 'dpm_2_ancestral'],
  },
  {
    ...{ name: 'DPM++ 2S a', sample: dpmpp2sAncestral, source: dpmSolverPlusPlus, ...karras, ...secondOrder },
    aliases: ['k_dpmpp_2s_a', 'dpmpp_2s_a', 'dpmpp_2s_ancestral'],
  },
  {
    ...{ name: 'DPM++ 2M', sample: dpmpp2m, source: dpmSolverPlusPlus, ...karras },
    aliases: ['k_dpmpp_2m', 'dpmpp_2m'],
  },
  {
    ...{ name: 'DPM++ SDE', sample: dpmppSde, source: dpmSolverPlusPlus, ...karras, ...secondOrder },
    aliases: ['k_dpmpp_sde', 'dpmpp_sde'],
  },
  {
    ...{ name: 'DPM++ 2M SDE', sample: dpmpp2mSde, source: dpmSolverPlusPlus, ...exponential },
    aliases: ['k_dpmpp_2m_sde', 'dpmpp_2m_sde'],
  },
  {
    ...{ name: 'DPM++ 2M SDE Heun', sample: dpmpp2mSdeHeun, source: dpmSolverPlusPlus, ...exponential },
    aliases: ['k_dpmpp_2m_sde_heun', 'dpmpp_2m_sde_heun'],
  },
  {
    ...{ name: 'DPM++ 3M SDE', sample: dpmpp3mSde, source: dpmSolverPlusPlus, ...exponential, ...discardNextToLast },
    aliases: ['k_dpmpp_3m_sde', 'dpmpp_3m_sde'],
  },
  {
    ...{ name: 'DPM fast', aliases: ['k_dpm_fast', 'dpm_fast'], sample: dpmFast, source: dpmSolver, ...uniform },
    plan: (sigmas) => ({ steps: dpmFastOrders(sigmas.length - 1).length, exact: true }),
  },
  {
    ...{ name: 'DPM adaptive', sample: dpmAdaptive, source: dpmSolver, ...uniform },
    aliases: ['k_dpm_ad', 'k_dpm_adaptive', 'dpm_ad', 'dpm_adaptive'],
    plan: (sigmas) => ({ steps: sigmas.length - 1, exact: false }),
  },
  {
    ...{ name: 'LCM', aliases: ['k_lcm'], sample: lcm, automaticScheduler: 'SGM Uniform' },
    source: 'Luo et al. 2023, arXiv:2310.04378',
  },
  {
    ...{ name: 'Restart', aliases: [], sample: restart, ...karras, ...secondOrder },
    source: 'Xu et al. 2023, arXiv:2306.14878',
    plan: (sigmas) => ({ steps: restartIntervals(sigmas).length, exact: true }),
  },
  { name: 'DDIM', aliases: [], sample: ddim, source: song2021, ...timesteps },
  {
    ...{ name: 'DDIM CFG++', aliases: ['ddim_cfgpp'], sample: ddimCfgPlusPlus, ...timesteps },
    ...{ usesUnguided: true, cfgFactor: 1 / 12.5 },
    source: 'Chung et al. 2024, arXiv:2406.08070',
  },
  {
    ...{ name: 'PLMS', aliases: ['pndm'], sample: plms, ...timesteps },
    source: 'Liu et al. 2022, arXiv:2202.09778',
  },
  {
    ...{ name: 'UniPC', aliases: ['uni_pc'], sample: unipc, ...timesteps },
    source: 'Zhao et al. 2023, arXiv:2302.04867',
  },
  { name: 'DDPM', aliases: [], sample: ddpm, source: ho2020, ...uniform },
  {
    ...{ name: 'DEIS', aliases: ['deis_multistep'], sample: deis, ...uniform },
    source: 'Zhang and Chen 2022, arXiv:2204.13902',
  },
];
