import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Latent } from '#src/diffusion/latent.js';

const folder = fileURLToPath(new URL('../fixtures/pipelines/', import.meta.url));

type Stored = { readonly type: 'float32' | 'uint8'; readonly shape: readonly number[]; readonly offset: number };

/** What diffusers computed with a pipeline: see test/oracles/tiny-pipelines.py. */
type GoldenPipeline = {
  readonly tokens: readonly {
    readonly text: string;
    readonly tokenizer: readonly number[];
    readonly tokenizer_2?: readonly number[];
  }[];
  readonly embeddings: readonly {
    readonly text: string;
    readonly clipSkip: number | null;
    readonly hiddenStates: Stored;
    readonly pooled?: Stored | null;
  }[];
  readonly encoder: readonly { readonly picture: Stored; readonly latent: Stored; readonly decoded: Stored }[];
  readonly runs: readonly GoldenRun[];
};

export type GoldenRun = {
  readonly name: string;
  readonly mode: 'txt2img' | 'img2img';
  readonly width: number;
  readonly height: number;
  readonly prompt: string;
  readonly negativePrompt: string | null;
  readonly guidanceScale: number;
  readonly guidanceRescale: number;
  readonly clipSkip: number | null;
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly scheduler: {
    readonly _class_name: string;
    readonly timestep_spacing?: string;
    readonly use_karras_sigmas?: boolean;
  };
  readonly sigmas: readonly (number | null)[];
  readonly noise: Stored;
  readonly start: Stored | null;
  readonly final: Stored;
};

const golden: { readonly pipelines: Readonly<Record<string, GoldenPipeline>> } = JSON.parse(
  readFileSync(`${folder}golden.json`, 'utf8'),
);
const bytes = readFileSync(`${folder}golden.bin`);

export const goldenPipelines = Object.entries(golden.pipelines);

export const pathOf = (name: string): string => `${folder}${name}`;

export function floats({ shape, offset }: Stored): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + length * 4));
}

export function pixels({ shape, offset }: Stored): { width: number; height: number; data: Uint8Array } {
  const [height = 0, width = 0, channels = 3] = shape;
  return { width, height, data: new Uint8Array(bytes.subarray(offset, offset + height * width * channels)) };
}

export function latentOf(stored: Stored): Latent {
  const [images = 0, channels = 0, height = 0, width = 0] = stored.shape;
  return { shape: [images, channels, height, width], data: floats(stored) };
}

/** The largest difference, as a share of the standard deviation of what is expected. */
export function relativeDifference(values: Float32Array, expected: Float32Array): number {
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  const deviation = Math.sqrt(expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / expected.length);
  return (
    values.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))), 0) / deviation
  );
}
