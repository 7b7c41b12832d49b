import type { Latent } from '../latent.js';
import type { BrownianNoise } from '../noise/brownian.js';
import type { NoiseSource } from '../noise/noise.js';

/** Predicts the clean latent from one with noise of standard deviation `sigma` in it. */
export type Denoise = (latent: Latent, sigma: number) => Promise<Latent>;

/** The same prediction with and without guidance by the prompt; the same latent twice where the model is not guided. */
export type DenoiseBoth = (
  latent: Latent,
  sigma: number,
) => Promise<{ readonly guided: Latent; readonly unguided: Latent }>;

/** The input of a sampler. */
export type Sampling = {
  readonly denoise: Denoise;
  readonly denoiseBoth: DenoiseBoth;
  /** Training timestep of a noise level, with its fraction. */
  readonly timestepAt: (sigma: number) => number;
  /** The latent to start from, with noise of standard deviation `sigmas[0]` in it. */
  readonly latent: Latent;
  /** Noise levels, strictly falling; nearly all schedules end on 0. */
  readonly sigmas: readonly number[];
  /** Fresh noise for ancestral steps. */
  readonly noise: NoiseSource;
  /** Noise for the samplers that solve a stochastic differential equation (SDE), in place of `noise`. */
  readonly brownian: BrownianNoise;
  /** Share of fresh noise in a step, 0 (deterministic) to 1. Default: 1; for DDIM 0, for DPM fast and adaptive 0. */
  readonly eta?: number | undefined;
  /** Factor on all fresh noise. Default: 1. */
  readonly noiseScale?: number | undefined;
  /** S_churn of Karras et al. 2022: noise added before each step. Default: 0. */
  readonly churn?: number | undefined;
  /** S_tmin: the lowest noise level that is churned. Default: 0. */
  readonly churnFrom?: number | undefined;
  /** S_tmax: the highest noise level that is churned. Default: no limit. */
  readonly churnTo?: number | undefined;
};

/** One step of a sampler, reported as soon as the model has made its prediction. */
export type SamplerStep = {
  /** Counted from 1. */
  readonly step: number;
  /** Noise level of `noisy`. */
  readonly sigma: number;
  /** The predicted clean latent. */
  readonly denoised: Latent;
  /** The latent that the prediction was made from. */
  readonly noisy: Latent;
};

/** Yields every step and returns the finished latent. */
export type Sampler = (sampling: Sampling) => AsyncGenerator<SamplerStep, Latent, void>;

/** A row of the table of samplers. */
export type SamplerRow = {
  /** As web UIs show it and write it into infotexts. */
  readonly name: string;
  /** The keys of AUTOMATIC1111's web UI, ComfyUI and others. */
  readonly aliases: readonly string[];
  readonly sample: Sampler;
  /** The scheduler that `Automatic` stands for, as in AUTOMATIC1111's web UI. */
  readonly automaticScheduler: string;
  /** Papers and programs it follows, with arXiv numbers and repositories; separated by `;`. */
  readonly source: string;
  /** Schedule one more step and drop the last level above 0. Default: false. */
  readonly discardNextToLast?: boolean;
  /** Two model evaluations a step, which the steps of prompt edits count. Default: false. */
  readonly secondOrder?: boolean;
  /** Start from noise of unit variance, as the web UI's timestep samplers do. Default: false. */
  readonly startsAtUnitVariance?: boolean;
  /** Needs the unguided prediction even at a CFG scale of 1. Default: false. */
  readonly usesUnguided?: boolean;
  /** Factor on the CFG scale. Default: 1. */
  readonly cfgFactor?: number;
  /** How many steps these levels take, and whether that is exact. Default: one for each interval, exact. */
  readonly plan?: (sigmas: readonly number[]) => { readonly steps: number; readonly exact: boolean };
};
