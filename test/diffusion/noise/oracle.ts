import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { GeneratorKind } from '#src/diffusion/noise/normals.js';

/** Many values: some of them, and a hash of all. */
type Summary = {
  readonly length: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly sha256: string;
};

type Shape = readonly [batch: number, channels: number, height: number, width: number];

/** What PyTorch, web UIs and k-diffusion made: see test/oracles/noise.py. */
type Oracle = {
  readonly normals: readonly {
    readonly generator: GeneratorKind;
    readonly seed: number;
    readonly calls: readonly Summary[];
  }[];
  readonly starting: readonly {
    readonly generator: GeneratorKind;
    readonly shape: Shape;
    readonly seeds: readonly number[];
    readonly variationSeeds: readonly number[] | null;
    readonly variationStrength: number | null;
    readonly resizeFrom: { readonly width: number; readonly height: number } | null;
    readonly first: readonly number[];
    readonly second: Summary;
  }[];
  readonly brownian: readonly {
    readonly generator: GeneratorKind;
    readonly shape: Shape;
    readonly seeds: readonly number[];
    readonly lowest: number;
    readonly highest: number;
    readonly answers: readonly ({ readonly from: number; readonly to: number } & Summary)[];
  }[];
};

export const oracle: Oracle = JSON.parse(readFileSync(new URL('../fixtures/noise.json', import.meta.url), 'utf8'));

/** The same summary of values that were made here. */
export function summarize(values: Float32Array): Summary {
  return {
    length: values.length,
    first: [...values.subarray(0, 3)],
    last: [...values.subarray(-3)],
    sha256: createHash('sha256').update(values).digest('hex'),
  };
}

export function momentsOf(values: Float32Array): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}
