import type { Latent } from '../latent.js';
import type { BrownianNoise, NoiseSource } from '../noise/noise.js';

/** Guesses the clean latent from one with noise of standard deviation `sigma` in it. */
export type Denoise = (latent: Latent, sigma: number) => Promise<Latent>;

/** The same guess together with the one that does not follow the prompt: one and the same where nothing guides. */
export type DenoiseBoth = (
  latent: Latent,
  sigma: number,
) => Promise<{ readonly guided: Latent; readonly unguided: Latent }>;

/** All that a sampler works with. */
export type Sampling = {
  readonly denoise: Denoise;
  readonly denoiseBoth: DenoiseBoth;
  /** the training timestep of a noise level, with its fraction */
  readonly timestepAt: (sigma: number) => number;
  /** the starting latent, with noise of standard deviation `sigmas[0]` in it */
  readonly latent: Latent;
  /** falling noise levels; the last one is 0 */
  readonly sigmas: readonly number[];
  readonly noise: NoiseSource;
  /** what the samplers that solve a stochastic differential equation take instead of `noise` */
  readonly brownian: BrownianNoise;
  /** share of fresh noise in each step of ancestral samplers: 0 none (deterministic), 1 all; 1 if left out */
  readonly eta?: number;
  /** factor on the fresh noise; 1 if left out */
  readonly noiseScale?: number;
  /** noise added before each step, and between which levels: S_churn, S_tmin and S_tmax of Karras et al. 2022 */
  readonly churn?: number;
  readonly churnFrom?: number;
  readonly churnTo?: number;
  /** checked before each step; an aborted sampler throws the signal's reason */
  readonly signal?: AbortSignal;
};

/** One step as it is being made. */
export type SamplerStep = {
  /** from 1 */
  readonly step: number;
  /** noise level of `noisy` */
  readonly sigma: number;
  /** the model's guess of the clean latent */
  readonly denoised: Latent;
  /** the latent that the guess was made from */
  readonly noisy: Latent;
};

/** Yields every step and returns the finished latent. */
export type Sampler = (sampling: Sampling) => AsyncGenerator<SamplerStep, Latent, void>;

/** The falling noise levels two by two: where each step begins and ends. */
export function* intervals(
  sigmas: readonly number[],
  signal?: AbortSignal,
): Generator<{ step: number; sigma: number; next: number }> {
  let step = 0;
  let sigma: number | undefined;
  for (const next of sigmas) {
    signal?.throwIfAborted();
    if (sigma !== undefined) yield { step: ++step, sigma, next };
    sigma = next;
  }
}
