import { readFileSync } from 'node:fs';
import { type Latent, map } from '#src/diffusion/latent.js';
import type { Sampler, SamplerStep, Sampling } from '#src/diffusion/samplers/sampler.js';

/** What others' samplers made of the same denoiser: see test/oracles/samplers.py. */
type References = {
  readonly schedules: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly cases: readonly SamplerCase[];
};

export type SamplerCase = {
  readonly name: string;
  readonly steps: number;
  readonly schedule: string;
  /** how often the other sampler told of a guess */
  readonly guesses: number;
  /** the second of them */
  readonly second: readonly number[];
  readonly final: readonly number[];
};

const references: References = JSON.parse(readFileSync(new URL('../fixtures/samplers.json', import.meta.url), 'utf8'));

export const samplerCases = references.cases;

const shape = [2, 1, 3, 3] as const;
const size = 18;

export function sigmasOf({ steps, schedule }: Pick<SamplerCase, 'steps' | 'schedule'>): readonly number[] {
  return references.schedules[steps]?.[schedule] ?? [];
}

/** The noise of call number `call`, by the formula of the script. */
function noiseOf(call: number): Latent {
  const valueAt = (i: number) => Math.sin((i + 1 + call * size) * 1.61803398875) * Math.SQRT2;
  return { shape, data: Float32Array.from({ length: size }, (_, i) => valueAt(i)) };
}

const mixture = [
  { share: 0.3, centre: -1, deviation: 0.2 },
  { share: 0.7, centre: 0.8, deviation: 0.4 },
];

function posteriorMean(x: number, sigma: number): number {
  let total = 0;
  let mean = 0;
  for (const { share, centre, deviation } of mixture) {
    const variance = deviation ** 2 + sigma ** 2;
    const likelihood = (share * Math.exp(-((x - centre) ** 2) / (2 * variance))) / Math.sqrt(variance) + 1e-300;
    total += likelihood;
    mean += (likelihood * (x * deviation ** 2 + centre * sigma ** 2)) / variance;
  }
  return mean / total;
}

/** What a sampler needs for a case. */
export function samplingFor(sigmas: readonly number[], options: Partial<Sampling> = {}): Sampling {
  let calls = 0;
  const noise = () => noiseOf(++calls);
  const denoise: Sampling['denoise'] = async (latent, sigma) => map(latent, (value) => posteriorMean(value, sigma));
  const middle = posteriorMean(0, 1);
  return {
    denoise,
    denoiseBoth: async (latent, sigma) => ({
      guided: await denoise(latent, sigma),
      unguided: map(latent, (value) => (value * 0.25 + 0.3 * sigma ** 2) / (0.25 + sigma ** 2)),
    }),
    timestepAt: (sigma) => 250 * Math.log1p(sigma * 10),
    latent: map(noiseOf(0), (value) => middle + value * (sigmas[0] ?? 0)),
    ...{ sigmas, noise, brownian: noise },
    ...options,
  };
}

export async function collect(sampler: Sampler, sampling: Sampling): Promise<{ steps: SamplerStep[]; final: Latent }> {
  const steps: SamplerStep[] = [];
  const sampled = sampler(sampling);
  for (;;) {
    const { value, done } = await sampled.next();
    if (done) return { steps, final: value };
    steps.push(value);
  }
}
