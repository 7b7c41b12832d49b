import { readFileSync } from 'node:fs';

export type BetaSchedule = 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
export type SampledReference = {
  readonly noises: readonly number[][];
  readonly sigmas: readonly number[];
  readonly steps: readonly { readonly sigma: number; readonly denoised: readonly number[] }[];
  readonly final: readonly number[];
};

/** What PyTorch, diffusers and k-diffusion computed: see fixtures/make_references.py. */
export type References = {
  readonly schedules: Readonly<
    Record<
      BetaSchedule,
      {
        readonly trainingSigmas: readonly number[];
        readonly normal: Readonly<Record<string, readonly number[]>>;
        readonly karras: Readonly<Record<string, readonly number[]>>;
        readonly timesteps: readonly { readonly sigma: number; readonly timestep: number }[];
      }
    >
  >;
  readonly samplers: Readonly<
    Record<'euler' | 'eulerChurned' | 'eulerAncestral' | 'eulerAncestralHalf', SampledReference>
  >;
};

export const references: References = JSON.parse(
  readFileSync(new URL('./fixtures/references.json', import.meta.url), 'utf8'),
);

/** The largest difference between two rows of numbers, relative where they are larger than 1. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const expected = Array.from(b);
  return Math.max(0, ...Array.from(a, (value, i) => difference(value, expected[i] ?? Number.NaN)));
}

function difference(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.max(1, Math.abs(expected));
}
