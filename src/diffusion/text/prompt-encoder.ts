import type { SessionSettings } from '../devices.js';
import type { ModelFolder } from '../model-folder.js';
import type { FloatTensor } from '../onnx.js';
import { emptyChunk, type TokenChunk } from '../prompts/chunks.js';
import { applyWeights } from '../prompts/weights.js';
import { type Conditioning, joinTokens, joinWidths } from './conditioning.js';
import { backtrack, chunkPrompt } from './prompt-chunks.js';
import { type EncodedChunk, TextEncoder } from './text-encoder.js';

/** Prompts that are remembered with what they became. */
const mostRemembered = 16;

/** Turns prompts, in the syntax of the web UIs, into what the UNet attends to. */
export class PromptEncoder implements AsyncDisposable {
  readonly #encoders: readonly TextEncoder[];
  /** layers before the last that the family takes the states of */
  readonly #leastSkipped: 0 | 1;
  readonly #remembered = new Map<string, readonly Conditioning[]>();

  private constructor(encoders: readonly TextEncoder[], leastSkipped: 0 | 1) {
    this.#encoders = encoders;
    this.#leastSkipped = leastSkipped;
  }

  /** @throws StepsAnimationError `model` when a tokenizer or a network cannot be loaded */
  static async load({ path, family }: ModelFolder, settings: SessionSettings): Promise<PromptEncoder> {
    const first = await TextEncoder.load(path, 'text_encoder', settings);
    if (family === 'sd') return new PromptEncoder([first], 0);
    return new PromptEncoder([first, await TextEncoder.load(path, 'text_encoder_2', settings)], 1);
  }

  /**
   * Encodes texts, without edits or alternations, of one prompt: all become as long as the longest. They are encoded
   * together because web UIs weigh them together.
   * @param clipSkip 1 for the last layer of the text encoder, 2 for the one before, …; SDXL always takes that at least
   * @throws StepsAnimationError `model` when the model does not tell the states of that layer
   */
  async encode(texts: readonly string[], clipSkip: number): Promise<readonly Conditioning[]> {
    const key = JSON.stringify([clipSkip, ...texts]);
    const known = this.#remembered.get(key);
    if (known) return known;
    const encoded = await Promise.all(this.#encoders.map((encoder) => this.#encodeBy(encoder, texts, clipSkip)));
    const conditionings = texts.map((_, i) => joinEncoders(encoded.map((each) => each[i])));
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    this.#remembered.set(key, conditionings);
    return conditionings;
  }

  /** The conditioning with empty chunks behind it until it has as many tokens as `tokens` says. */
  async lengthen({ hidden, pooled }: Conditioning, tokens: number, clipSkip: number): Promise<Conditioning> {
    const [, length = 0] = hidden.shape;
    if (length >= tokens) return { hidden, pooled };
    const [empty] = await this.encode([''], clipSkip);
    if (!empty) return { hidden, pooled };
    const missing = Math.ceil((tokens - length) / (empty.hidden.shape[1] ?? 1));
    return { hidden: joinTokens([hidden, ...new Array<FloatTensor>(missing).fill(empty.hidden)]), pooled };
  }

  async #encodeBy(encoder: TextEncoder, texts: readonly string[], clipSkip: number): Promise<Conditioning[]> {
    const { rules } = encoder.tokenizer;
    const chunked = texts.map((text) => chunkPrompt(text, encoder.tokenizer).chunks);
    const count = Math.max(...chunked.map((chunks) => chunks.length));
    const skipped = Math.max(this.#leastSkipped, clipSkip - 1);
    const rows = texts.map(() => ({ hidden: [] as FloatTensor[], pooled: undefined as FloatTensor | undefined }));
    for (let index = 0; index < count; index++) {
      const chunks = chunked.map((each) => each[index] ?? emptyChunk({ ...rules, backtrack }));
      const encoded: EncodedChunk[] = [];
      for (const { ids } of chunks) {
        encoded.push(await encoder.encode(ids, skipped, this.#leastSkipped === 0));
      }
      const weighted = weigh(
        encoded.map(({ hidden }) => hidden),
        chunks,
      );
      rows.forEach((row, i) => {
        const hidden = weighted[i];
        if (hidden) row.hidden.push(hidden);
        row.pooled ??= encoded[i]?.pooled;
      });
    }
    return rows.map(({ hidden, pooled }) => ({ hidden: joinTokens(hidden), pooled }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const encoder of this.#encoders) await encoder[Symbol.asyncDispose]();
  }
}

/** Weighs the states of the chunks that stand at the same place in several texts. */
function weigh(hidden: readonly FloatTensor[], chunks: readonly TokenChunk[]): FloatTensor[] {
  const [, tokens = 0, width = 0] = hidden[0]?.shape ?? [];
  const weighted = applyWeights(
    joinTokens(hidden).data,
    chunks.flatMap(({ weights }) => weights),
    width,
  );
  const size = tokens * width;
  return hidden.map(({ shape }, i) => ({ data: weighted.subarray(i * size, (i + 1) * size), shape }));
}

function joinEncoders(each: readonly (Conditioning | undefined)[]): Conditioning {
  const [first, second] = each;
  if (first && second) return { hidden: joinWidths(first.hidden, second.hidden), pooled: second.pooled };
  return first ?? { hidden: { data: new Float32Array(), shape: [1, 0, 0] }, pooled: undefined };
}
