import { AsyncDisposableStack } from '../../util/async-disposable-stack.js';
import type { SessionSettings } from '../networks/devices.js';
import type { ModelFolder } from '../networks/model-folder.js';
import type { FloatTensor } from '../networks/onnx.js';
import { chunkPrompt, emptyChunk, type TokenChunk } from './chunks.js';
import { applyWeights, type Conditioning, joinTokens, joinWidths } from './conditioning.js';
import { type EncodedChunk, TextEncoder } from './text-encoder.js';

/** How many encoded prompts to cache. */
const maxCached = 16;

type WeightedChunk = EncodedChunk & Pick<TokenChunk, 'weights'>;

/** Encodes prompts, in the syntax of the web UIs, for the UNet's attention. */
export class PromptEncoder implements AsyncDisposable {
  readonly #encoders: readonly TextEncoder[];
  readonly #resources: AsyncDisposable;
  /** How many layers before the last the family takes the hidden states from at clip skip 1. */
  readonly #minSkipped: 0 | 1;
  readonly #maxTokens: number;
  readonly #cache = new Map<string, readonly Conditioning[]>();

  private constructor(
    encoders: readonly TextEncoder[],
    resources: AsyncDisposable,
    minSkipped: 0 | 1,
    maxTokens: number,
  ) {
    this.#encoders = encoders;
    this.#resources = resources;
    this.#minSkipped = minSkipped;
    this.#maxTokens = maxTokens;
  }

  /**
   * @param maxTokens how many tokens the UNet takes; chunks beyond are dropped. Default: no limit
   * @throws StepsAnimationError `model` when a tokenizer or a network cannot be loaded
   */
  static async load(
    { path, family }: ModelFolder,
    settings: SessionSettings,
    maxTokens = Number.POSITIVE_INFINITY,
  ): Promise<PromptEncoder> {
    await using loaded = new AsyncDisposableStack();
    const names = family === 'sd' ? (['text_encoder'] as const) : (['text_encoder', 'text_encoder_2'] as const);
    const encoders: TextEncoder[] = [];
    for (const name of names) encoders.push(loaded.use(await TextEncoder.load(path, name, settings)));
    return new PromptEncoder(encoders, loaded.move(), family === 'sd' ? 0 : 1, maxTokens);
  }

  /**
   * Encodes the texts of one prompt's schedule together, because web UIs weight them together; all are padded to the
   * chunks of the longest.
   * @param texts without edits and alternations
   * @param clipSkip 1 for the last layer of the text encoder, 2 for the one before, …; SDXL takes at least the latter
   * @throws StepsAnimationError `model` when the text encoder has no output for that layer
   */
  async encode(texts: readonly string[], clipSkip: number): Promise<readonly Conditioning[]> {
    const key = JSON.stringify([clipSkip, ...texts]);
    const known = this.#cache.get(key);
    if (known) return known;
    // Alternation repeats the same few texts: each is encoded and kept once, but weighted as often as it occurs.
    const distinct = [...new Set(texts)];
    const indices = new Map(distinct.map((text, index) => [text, index]));
    const places = texts.map((text) => indices.get(text) ?? 0);
    const encoded = await Promise.all(
      this.#encoders.map((encoder) => this.#encodeBy(encoder, distinct, places, clipSkip)),
    );
    const joined = distinct.map((_, i) => joinEncoders(encoded.map((each) => each[i])));
    const conditionings = places.flatMap((place) => joined[place] ?? []);
    if (this.#cache.size >= maxCached) this.#cache.clear();
    this.#cache.set(key, conditionings);
    return conditionings;
  }

  /** @param places index into `texts`, which are distinct, of every entry of the schedule */
  async #encodeBy(
    encoder: TextEncoder,
    texts: readonly string[],
    places: readonly number[],
    clipSkip: number,
  ): Promise<Conditioning[]> {
    const { rules } = encoder.tokenizer;
    const chunked = texts.map((text) => chunkPrompt(text, encoder.tokenizer).chunks);
    const maxChunks = Math.max(Math.floor(this.#maxTokens / rules.length), 1);
    const count = Math.min(Math.max(...chunked.map((chunks) => chunks.length)), maxChunks);
    const skipped = Math.max(this.#minSkipped, clipSkip - 1);
    const rows = texts.map(() => ({ hidden: [] as FloatTensor[], pooled: undefined as FloatTensor | undefined }));
    for (let index = 0; index < count; index++) {
      const encoded: WeightedChunk[] = [];
      for (const chunks of chunked) {
        const { ids, weights } = chunks[index] ?? emptyChunk(rules);
        encoded.push({ ...(await encoder.encode(ids, skipped, this.#minSkipped === 0)), weights });
      }
      const weighted = weightChunks(encoded, places);
      rows.forEach((row, i) => {
        const hidden = weighted[i];
        if (hidden) row.hidden.push(hidden);
        row.pooled ??= encoded[i]?.pooled;
      });
    }
    return rows.map(({ hidden, pooled }) => ({ hidden: joinTokens(hidden), pooled }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources[Symbol.asyncDispose]();
  }
}

/**
 * Weights the hidden states of the chunks that have the same position in several texts.
 * @param places index into `chunks` of every entry of the schedule
 * @returns the hidden states of each chunk
 */
function weightChunks(chunks: readonly WeightedChunk[], places: readonly number[]): FloatTensor[] {
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
