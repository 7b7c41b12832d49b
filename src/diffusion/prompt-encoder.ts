import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { StepsAnimationError } from '../errors.js';
import { type FloatTensor, Network, tensorFor } from './onnx.js';

const tokenSchema = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.int().min(2).max(4096),
  pad_token: tokenSchema.nullish(),
  eos_token: tokenSchema.nullish(),
});

/** Turns prompts into what the UNet attends to. */
export class PromptEncoder implements AsyncDisposable {
  readonly #network: Network;
  readonly #tokenizer: Tokenizer;
  readonly #length: number;
  readonly #padding: number;

  private constructor(network: Network, tokenizer: Tokenizer, config: z.output<typeof tokenizerConfigSchema>) {
    this.#network = network;
    this.#tokenizer = tokenizer;
    this.#length = config.model_max_length;
    this.#padding = tokenizer.token_to_id(config.pad_token ?? config.eos_token ?? '') ?? 0;
  }

  /** @throws StepsAnimationError `model` when the tokenizer or the network cannot be loaded */
  static async load(folder: string): Promise<PromptEncoder> {
    const path = join(folder, 'tokenizer');
    try {
      const [rules, settings] = await Promise.all(
        ['tokenizer.json', 'tokenizer_config.json'].map(async (file) =>
          JSON.parse(await readFile(join(path, file), 'utf8')),
        ),
      );
      const config = tokenizerConfigSchema.parse(settings);
      const tokenizer = new Tokenizer(rules, config);
      return new PromptEncoder(await Network.load(join(folder, 'text_encoder', 'model.onnx')), tokenizer, config);
    } catch (cause) {
      if (cause instanceof StepsAnimationError) throw cause;
      throw new StepsAnimationError('model', `The tokenizer in ${path} cannot be used; export the model again.`, {
        cause,
      });
    }
  }

  /** The tokens of a text, cut or padded to the model's length; a closing token, where there is one, survives the cut. */
  tokenize(text: string): number[] {
    const { ids } = this.#tokenizer.encode(text);
    const padding = new Array<number>(Math.max(this.#length - ids.length, 0)).fill(this.#padding);
    const closing = ids.length > this.#length ? this.#closingTokens(ids) : [];
    return [...ids.slice(0, this.#length - closing.length), ...closing, ...padding];
  }

  #closingTokens(ids: readonly number[]): number[] {
    const { ids: empty } = this.#tokenizer.encode('');
    const last = empty.at(-1);
    return last !== undefined && last === ids.at(-1) ? [last] : [];
  }

  /** The hidden states of a text: [1, tokens, width]. */
  async encode(text: string): Promise<FloatTensor> {
    const ids = this.tokenize(text);
    const input = this.#network.input('input_ids');
    return await this.#network.run({ input_ids: tensorFor(input, ids, [1, ids.length]) }, 'last_hidden_state');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}
