import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { PbfReader } from 'pbf';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { SessionSettings } from '../networks/devices.js';
import { readConfig } from '../networks/model-folder.js';
import { type FloatTensor, Network, tensorFor } from '../networks/onnx.js';
import { PromptTokenizer } from './tokenizer.js';

const configSchema = z.looseObject({ num_hidden_layers: z.int().positive().optional() });

/** SDXL has both. */
type TextEncoderName = 'text_encoder' | 'text_encoder_2';

/** One encoded chunk of tokens. */
export type EncodedChunk = {
  /** [1, tokens, width]. */
  readonly hidden: FloatTensor;
  /** [1, width]: embedding of the whole text, if the encoder has such an output. */
  readonly pooled: FloatTensor | undefined;
};

/** A text encoder with its tokenizer. */
export class TextEncoder implements AsyncDisposable {
  readonly tokenizer: PromptTokenizer;
  readonly #network: Network;
  readonly #file: string;
  readonly #layers: number | undefined;
  #norm: LayerNorm | undefined;

  private constructor(tokenizer: PromptTokenizer, network: Network, file: string, layers: number | undefined) {
    this.tokenizer = tokenizer;
    this.#network = network;
    this.#file = file;
    this.#layers = layers;
  }

  /** @throws StepsAnimationError `model` when the tokenizer or the network cannot be loaded */
  static async load(folder: string, name: TextEncoderName, settings: SessionSettings): Promise<TextEncoder> {
    const tokenizer = await PromptTokenizer.load(join(folder, name.replace('text_encoder', 'tokenizer')));
    const { num_hidden_layers } = await readConfig(folder, `${name}/config.json`, configSchema);
    const file = join(folder, name, 'model.onnx');
    return new TextEncoder(tokenizer, await Network.load(file, settings), file, num_hidden_layers);
  }

  /**
   * Encodes one chunk.
   * @param skipped how many layers before the last to take the hidden states from
   * @param normalised whether to apply the last layer normalisation to an earlier layer: yes for Stable Diffusion 1 and
   *   2, no for SDXL
   * @throws StepsAnimationError `model` when the network has no output for that layer
   */
  async encode(ids: readonly number[], skipped: number, normalised: boolean): Promise<EncodedChunk> {
    const inputs = { input_ids: tensorFor(this.#network.input('input_ids'), ids, [1, ids.length]) };
    const layer = skipped === 0 ? 'last_hidden_state' : this.#earlierLayer(skipped);
    const hasPooled = this.#network.outputNames.includes('text_embeds');
    if (skipped === 0 && !hasPooled) return { hidden: await this.#network.run(inputs, layer), pooled: undefined };
    const outputs: Partial<Record<string, FloatTensor>> = await this.#network.runFor(
      inputs,
      hasPooled ? [layer, 'text_embeds'] : [layer],
    );
    const hidden = outputs[layer] ?? { data: new Float32Array(), shape: [1, 0, 0] };
    if (skipped === 0 || !normalised) return { hidden, pooled: outputs.text_embeds };
    this.#norm ??= await readFinalLayerNorm(this.#file);
    return { hidden: normalise(hidden, this.#norm), pooled: outputs.text_embeds };
  }

  #earlierLayer(skipped: number): string {
    const name = `hidden_states.${(this.#layers ?? 0) - skipped}`;
    if (this.#network.outputNames.includes(name)) return name;
    throw new StepsAnimationError(
      'model',
      `${this.#file} has no output for the hidden states ${skipped} before the last layer; use clip skip 1, or export the model again with its hidden states.`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

/** CLIP's epsilon of layer normalisation, which the exported network does not contain. */
const epsilon = 1e-5;

/** Weights and biases of the last layer normalisation of a text encoder. */
type LayerNorm = { readonly weight: Float32Array; readonly bias: Float32Array };

/**
 * Reads the last layer normalisation from a text encoder's ONNX file. With clip skip it is applied to the hidden states
 * of an earlier layer, for which exported networks have no output.
 * @throws StepsAnimationError `model` when it is missing
 */
async function readFinalLayerNorm(file: string): Promise<LayerNorm> {
  const found = new Map<string, Float32Array>();
  // ModelProto.graph is field 7, GraphProto.initializer field 5, as in ONNX's onnx.proto.
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
    `${file} does not contain the last layer normalisation, which clip skip needs; use clip skip 1 with this model.`,
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
function normalise({ data, shape }: FloatTensor, { weight, bias }: LayerNorm): FloatTensor {
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
