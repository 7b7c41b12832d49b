import { allOrNothing } from '../all-or-nothing.js';
import type { SessionSettings } from '../networks/devices.js';
import type { ModelFolder } from '../networks/model-folder.js';
import type { FloatTensor } from '../networks/onnx.js';
import { emptyChunk, type TokenChunk } from '../prompts/chunks.js';
import { applyWeights } from '../prompts/weights.js';
import { type Conditioning, joinTokens, joinWidths } from './conditioning.js';
import { backtrack, chunkPrompt } from './prompt-chunks.js';
import { type EncodedChunk, TextEncoder } from './text-encoder.js';

/** Prompts that are remembered with what they became. */
const mostRemembered = 16;

type WeighedChunk = EncodedChunk & Pick<TokenChunk, 'weights'>;

/** Turns prompts, in the syntax of the web UIs, into what the UNet attends to. */
export class PromptEncoder implements AsyncDisposable {
  readonly #encoders: readonly TextEncoder[];
  /** layers before the last that the family takes the states of */
  readonly #leastSkipped: 0 | 1;
  readonly #mostTokens: number;
  readonly #remembered = new Map<string, readonly Conditioning[]>();

  private constructor(encoders: readonly TextEncoder[], leastSkipped: 0 | 1, mostTokens: number) {
    this.#encoders = encoders;
    this.#leastSkipped = leastSkipped;
    this.#mostTokens = mostTokens;
  }

  /**
   * @param mostTokens how many the UNet takes; chunks that do not fit are left out
   * @throws StepsAnimationError `model` when a tokenizer or a network cannot be loaded
   */
  static async load(
    { path, family }: ModelFolder,
    settings: SessionSettings,
    mostTokens = Number.POSITIVE_INFINITY,
  ): Promise<PromptEncoder> {
    return await allOrNothing(async (keep) => {
      const first = keep(await TextEncoder.load(path, 'text_encoder', settings));
      if (family === 'sd') return new PromptEncoder([first], 0, mostTokens);
      return new PromptEncoder([first, await TextEncoder.load(path, 'text_encoder_2', settings)], 1, mostTokens);
    });
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
    // With alternation the same few texts come again and again: each is encoded and kept once, and weighed as often.
    const different = [...new Set(texts)];
    const places = texts.map((text) => different.indexOf(text));
    const encoded = await Promise.all(
      this.#encoders.map((encoder) => this.#encodeBy(encoder, different, places, clipSkip)),
    );
    const joined = different.map((_, i) => joinEncoders(encoded.map((each) => each[i])));
    const conditionings = places.flatMap((place) => joined[place] ?? []);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    this.#remembered.set(key, conditionings);
    return conditionings;
  }

  /** @param places which of the texts, of which no two are the same, stands where in the schedule */
  async #encodeBy(
    encoder: TextEncoder,
    texts: readonly string[],
    places: readonly number[],
    clipSkip: number,
  ): Promise<Conditioning[]> {
    const { rules } = encoder.tokenizer;
    const chunked = texts.map((text) => chunkPrompt(text, encoder.tokenizer).chunks);
    const fitting = Math.max(Math.floor(this.#mostTokens / rules.length), 1);
    const count = Math.min(Math.max(...chunked.map((chunks) => chunks.length)), fitting);
    const skipped = Math.max(this.#leastSkipped, clipSkip - 1);
    const rows = texts.map(() => ({ hidden: [] as FloatTensor[], pooled: undefined as FloatTensor | undefined }));
    for (let index = 0; index < count; index++) {
      const encoded: WeighedChunk[] = [];
      for (const chunks of chunked) {
        const { ids, weights } = chunks[index] ?? emptyChunk({ ...rules, backtrack });
        encoded.push({ ...(await encoder.encode(ids, skipped, this.#leastSkipped === 0)), weights });
      }
      const weighed = weigh(encoded, places);
      rows.forEach((row, i) => {
        const hidden = weighed[i];
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

/**
 * Weighs the states of the chunks that stand at the same place in several texts.
 * @param places which of the chunks each text of the schedule has
 * @returns the states of each chunk
 */
function weigh(chunks: readonly WeighedChunk[], places: readonly number[]): FloatTensor[] {
  const all = places.flatMap((place) => chunks[place] ?? []);
  const [, tokens = 0, width = 0] = chunks[0]?.hidden.shape ?? [];
  const weighted = applyWeights(
    joinTokens(all.map(({ hidden }) => hidden)).data,
    all.flatMap(({ weights }) => weights),
    width,
  );
  const size = tokens * width;
  return chunks.map(({ hidden: { shape } }, i) => {
    const first = places.indexOf(i);
    return { data: weighted.slice(first * size, (first + 1) * size), shape };
  });
}

function joinEncoders(each: readonly (Conditioning | undefined)[]): Conditioning {
  const [first, second] = each;
  if (first && second) return { hidden: joinWidths(first.hidden, second.hidden), pooled: second.pooled };
  return first ?? { hidden: { data: new Float32Array(), shape: [1, 0, 0] }, pooled: undefined };
}
