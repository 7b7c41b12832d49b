import { readFile } from 'node:fs/promises';
import { Float16Array } from '@petamoriken/float16';
import { PbfReader } from 'pbf';
import { StepsAnimationError } from '../../errors.js';
import type { FloatTensor } from '../networks/onnx.js';

/** CLIP's; the exported network does not tell it. */
const epsilon = 1e-5;

/** Weights and biases of the last layer normalisation of a text encoder. */
export type LayerNorm = { readonly weight: Float32Array; readonly bias: Float32Array };

/**
 * Reads the last layer normalisation out of a text encoder's ONNX file. With clip skip, the states of an earlier layer
 * go through it, and exported networks have no output for that.
 * @throws StepsAnimationError `model` when it is not there
 */
export async function readFinalLayerNorm(file: string): Promise<LayerNorm> {
  const found = new Map<string, Float32Array>();
  // ModelProto.graph is field 7, GraphProto.initializer field 5: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
  new PbfReader(await readFile(file)).readFields((field, _, model) => {
    if (field !== 7) return;
    model.readMessage((graphField, __, graph) => {
      if (graphField === 5) keepNorm(graph, found);
    }, undefined);
  }, undefined);
  const [weight, bias] = ['weight', 'bias'].map((part) => found.get(part));
  if (weight && bias) return { weight, bias };
  throw new StepsAnimationError(
    'model',
    `${file} does not tell the last normalisation, so that clip skip is not possible with this model; use clip skip 1.`,
  );
}

function keepNorm(graph: PbfReader, found: Map<string, Float32Array>): void {
  const tensor = { type: 1, name: '', values: new Float32Array(), bytes: new Uint8Array() as Uint8Array };
  // TensorProto: data_type is field 2 (10 for half floats), float_data 4, name 8, raw_data 9.
  graph.readMessage((field, _, reader) => {
    if (field === 2) tensor.type = reader.readVarint();
    if (field === 4) tensor.values = Float32Array.from(reader.readPackedFloat([]));
    if (field === 8) tensor.name = reader.readString();
    if (field === 9) tensor.bytes = reader.readBytes();
  }, undefined);
  const [, part] = /final_layer_norm\.(weight|bias)$/u.exec(tensor.name) ?? [];
  if (!part) return;
  const { buffer } = new Uint8Array(tensor.bytes);
  const raw = tensor.type === 10 ? Float32Array.from(new Float16Array(buffer)) : new Float32Array(buffer);
  found.set(part, raw.length > 0 ? raw : tensor.values);
}

/** Normalises every token of hidden states [1, tokens, width]. */
export function normalise({ data, shape }: FloatTensor, { weight, bias }: LayerNorm): FloatTensor {
  const width = shape.at(-1) ?? 1;
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    const token = data.subarray(start, start + width);
    const mean = token.reduce((sum, value) => sum + value, 0) / width;
    const variance = token.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const scale = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < width; i++) {
      result[start + i] = ((token[i] ?? 0) - mean) * scale * (weight[i] ?? 1) + (bias[i] ?? 0);
    }
  }
  return { data: result, shape };
}
