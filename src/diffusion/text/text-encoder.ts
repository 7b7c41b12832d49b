import { join } from 'node:path';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { SessionSettings } from '../networks/devices.js';
import { readConfig } from '../networks/model-folder.js';
import { type FloatTensor, Network, tensorFor } from '../networks/onnx.js';
import { type LayerNorm, normalise, readFinalLayerNorm } from './final-layer-norm.js';
import { PromptTokenizer } from './tokenizer.js';

const configSchema = z.looseObject({ num_hidden_layers: z.int().positive().optional() });

/** Which of a model's text encoders: models of the family SDXL have both. */
export type TextEncoderName = 'text_encoder' | 'text_encoder_2';

/** What a text encoder makes of one chunk of tokens. */
export type EncodedChunk = {
  /** [1, tokens, width] */
  readonly hidden: FloatTensor;
  /** [1, width]: the text as a whole, where the encoder tells it */
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
   * Encodes one chunk by the last layer, or by one that is `skipped` layers earlier.
   * @param normalised whether the states of an earlier layer go through the last normalisation, as Stable Diffusion 1
   *   and 2 want it, and SDXL does not
   * @throws StepsAnimationError `model` when the network does not tell the states of earlier layers
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
      `${this.#file} does not tell the states of the layer that is ${skipped} before the last; use clip skip 1, or export the model again with its hidden states.`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}
