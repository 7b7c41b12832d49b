import { join } from 'node:path';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { SessionSettings } from '../networks/devices.js';
import { readConfig } from '../networks/model-folder.js';
import { type FloatTensor, Network, type NetworkInputs, type Output, tensorFor } from '../networks/onnx.js';
import { type LayerNorm, normalise, readFinalLayerNorm } from './layer-norm.js';
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
    const shape = [1, ids.length, null];
    const { hidden, pooled } = await this.#run(inputs, { name: layer, shape });
    if (skipped === 0 || !normalised) return { hidden, pooled };
    this.#norm ??= await readFinalLayerNorm(this.#file);
    return { hidden: normalise(hidden, this.#norm, this.#file), pooled };
  }

  async #run(inputs: NetworkInputs, layer: Output): Promise<EncodedChunk> {
    const pooledName = 'text_embeds';
    if (!this.#network.outputNames.includes(pooledName)) {
      return { hidden: await this.#network.run(inputs, layer), pooled: undefined };
    }
    const [hidden, pooled] = await this.#network.runFor(inputs, [layer, { name: pooledName, shape: [1, null] }]);
    return { hidden, pooled };
  }

  #earlierLayer(skipped: number): string {
    const name = `hidden_states.${(this.#layers ?? Number.NaN) - skipped}`;
    if (this.#network.outputNames.includes(name)) return name;
    const reason =
      this.#layers === undefined
        ? "'s config.json does not say how many layers it has (num_hidden_layers)"
        : ` has no output for the hidden states ${skipped} before the last layer`;
    throw new StepsAnimationError(
      'model',
      `${this.#file}${reason}; use clip skip 1, or export the model again with its hidden states.`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}
