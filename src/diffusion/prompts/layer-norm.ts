import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { PbfReader } from 'pbf';
import { StepsAnimationError } from '../../errors.js';
import { messageOf } from '../../util/error-message.js';
import type { FloatTensor } from '../networks/onnx.js';

/** CLIP's epsilon of layer normalisation, which the exported network does not contain. */
const epsilon = 1e-5;

/** Weights and biases of a layer normalisation, one of each for every value of a token. */
export type LayerNorm = { readonly weight: Float32Array; readonly bias: Float32Array };

/** ONNX's TensorProto, as far as it is read here. */
type StoredTensor = {
  readonly name: string;
  /** the number of its element type in onnx.proto */
  readonly type: number;
  readonly dims: readonly number[];
  /** the values, little-endian, if they lie in the same file */
  readonly bytes: Uint8Array;
  /** where the values lie, if that is another file: `location`, `offset` */
  readonly external: ReadonlyMap<string, string> | undefined;
};

/** Element types by their numbers in onnx.proto. */
const elementTypes: Readonly<Record<number, { readonly size: number; read(bytes: ArrayBuffer): Float32Array }>> = {
  1: { size: 4, read: (bytes) => new Float32Array(bytes) },
  10: { size: 2, read: (bytes) => Float32Array.from(new Float16Array(bytes)) },
};

/**
 * Reads the last layer normalisation from a text encoder's ONNX file, or from the file that has its weights. With clip
 * skip it is applied to the hidden states of an earlier layer, for which exported networks have no output.
 * @throws StepsAnimationError `model` when it is missing or not complete
 */
export async function readFinalLayerNorm(file: string): Promise<LayerNorm> {
  const found = new Map<string, StoredTensor>();
  // ModelProto.graph is field 7, GraphProto.initializer field 5, as in ONNX's onnx.proto.
  new PbfReader(await readFile(file)).readFields((field, _, model) => {
    if (field !== 7) return;
    model.readMessage((graphField, __, graph) => {
      if (graphField !== 5) return;
      const tensor = readTensor(graph);
      const [, part] = /final_layer_norm\.(weight|bias)$/u.exec(tensor.name) ?? [];
      if (part !== undefined) found.set(part, tensor);
    }, undefined);
  }, undefined);
  const [weight, bias] = [found.get('weight'), found.get('bias')];
  if (!weight || !bias) throw unusable(file, 'does not contain it');
  return { weight: await valuesOf(weight, file), bias: await valuesOf(bias, file) };
}

function readTensor(graph: PbfReader): StoredTensor {
  const tensor = { name: '', type: 0, dims: [] as number[], bytes: new Uint8Array() as Uint8Array };
  const place = new Map<string, string>();
  let isExternal = false;
  graph.readMessage((field, _, reader) => {
    if (field === 1) reader.readPackedVarint(tensor.dims);
    else if (field === 2) tensor.type = reader.readVarint();
    // float_data or raw_data: packed floats are the same bytes.
    else if (field === 4 || field === 9) tensor.bytes = reader.readBytes();
    else if (field === 8) tensor.name = reader.readString();
    else if (field === 13) place.set(...readEntry(reader));
    else if (field === 14) isExternal = reader.readVarint() === 1;
  }, undefined);
  return { ...tensor, external: isExternal ? place : undefined };
}

/** ONNX's StringStringEntryProto. */
function readEntry(reader: PbfReader): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  reader.readMessage((field, _, part) => {
    if (field === 1) entry[0] = part.readString();
    if (field === 2) entry[1] = part.readString();
  }, undefined);
  return entry;
}

/** @throws StepsAnimationError `model` when there are not as many values as the tensor says */
async function valuesOf({ name, type, dims, bytes, external }: StoredTensor, file: string): Promise<Float32Array> {
  const element = elementTypes[type];
  if (!element) throw unusable(file, `has ${name} as element type ${type}, not as 16- or 32-bit floats`);
  const length = dims.reduce((product, size) => product * size, element.size);
  const stored = external ? await readExternal(external, length, name, file) : bytes;
  // Copied, as typed arrays begin at multiples of their elements.
  const values = stored.length === length ? element.read(new Uint8Array(stored).buffer) : undefined;
  if (values?.every(Number.isFinite)) return values;
  throw unusable(file, `has ${stored.length} bytes for ${name}, which are not ${dims.join(' × ')} numbers`);
}

/** Reads values that lie in a file beside the network, such as `model.onnx_data`. */
async function readExternal(
  place: ReadonlyMap<string, string>,
  length: number,
  name: string,
  file: string,
): Promise<Uint8Array> {
  const path = join(dirname(file), place.get('location') ?? '');
  try {
    await using handle = await open(path);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(length),
      0,
      length,
      Number(place.get('offset') ?? '0'),
    );
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw unusable(file, `keeps ${name} in ${path}, which cannot be read (${messageOf(cause)})`);
  }
}

function unusable(file: string, reason: string): StepsAnimationError {
  return new StepsAnimationError(
    'model',
    `Clip skip needs the last layer normalisation of ${file}, but it ${reason}; use clip skip 1 with this model, or export it again.`,
  );
}

/**
 * Normalises every token of hidden states [1, tokens, width].
 * @throws StepsAnimationError `model` when the normalisation is of another width
 */
export function normalise({ data, shape }: FloatTensor, { weight, bias }: LayerNorm, file: string): FloatTensor {
  const width = weight.length;
  if (shape.at(-1) !== width || bias.length !== width) {
    throw unusable(file, `is for ${width} and ${bias.length} values, not ${shape.at(-1)}`);
  }
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    const token = data.subarray(start, start + width);
    const mean = token.reduce((sum, value) => sum + value, 0) / width;
    const variance = token.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const scale = 1 / Math.sqrt(variance + epsilon);
    token.forEach((value, i) => {
      result[start + i] = (value - mean) * scale * (weight[i] ?? Number.NaN) + (bias[i] ?? Number.NaN);
    });
  }
  return { data: result, shape };
}
