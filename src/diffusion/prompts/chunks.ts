import { type PromptPart, parseAttention } from './attention.js';

/** A part of a prompt whose text has been tokenized, without start and end tokens. */
export type TokenizedPart =
  | { readonly kind: 'text'; readonly ids: readonly number[]; readonly weight: number }
  | Extract<PromptPart, { kind: 'break' }>;

/** How a text encoder expects its tokens, as ids. */
export type ChunkRules = {
  /** Tokens of a chunk with start and end, 77 for CLIP; at least one more than those. */
  readonly length: number;
  /** Start and end tokens, if the encoder has them. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** Fills the rest of a chunk, behind its end. */
  readonly padding: number;
  /** A token after which a long text may be split, if the encoder has a token for a comma. */
  readonly comma?: number | undefined;
  /** How far before the end of a chunk to look for a comma, in tokens; 0: never. Default: 20, as in the web UI. */
  readonly backtrack?: number;
};

/** Token ids with a weight for each, as many as the rules say. */
export type TokenChunk = { readonly ids: readonly number[]; readonly weights: readonly number[] };

type GrowingChunk = { ids: number[]; weights: number[] };

/** Converts text to tokens, and knows the rules of its encoder. */
type Tokenizer = { readonly rules: ChunkRules; tokensOf(text: string): readonly number[] };

/**
 * Splits a prompt with emphasis, but without edits and alternations, into chunks.
 * @returns the chunks, and how many tokens of text they hold
 */
export function chunkPrompt(
  text: string,
  tokenizer: Tokenizer,
): { readonly chunks: readonly TokenChunk[]; readonly tokens: number } {
  const parts = parseAttention(text).map((part) =>
    part.kind === 'text' ? { kind: part.kind, weight: part.weight, ids: tokenizer.tokensOf(part.text) } : part,
  );
  const tokens = parts.reduce((sum, part) => sum + (part.kind === 'text' ? part.ids.length : 0), 0);
  return { chunks: chunkTokens(parts, tokenizer.rules), tokens };
}

/**
 * Splits the tokens of a prompt into chunks that a text encoder can take, as AUTOMATIC1111's web UI does: a new chunk
 * starts when the last is full, or at a BREAK. What follows the last comma of a full chunk moves on to the next if it
 * is shorter than `backtrack`, so that fewer phrases are torn apart.
 * @returns at least one chunk
 */
export function chunkTokens(parts: readonly TokenizedPart[], rules: ChunkRules): readonly TokenChunk[] {
  const { backtrack = 20 } = rules;
  const capacity = capacityOf(rules);
  const chunks: TokenChunk[] = [];
  let chunk: GrowingChunk = { ids: [], weights: [] };
  let afterComma: number | undefined;
  const finish = (length = chunk.ids.length) => {
    const rest = { ids: chunk.ids.splice(length), weights: chunk.weights.splice(length) };
    chunks.push(complete(chunk, rules));
    chunk = rest;
    afterComma = undefined;
  };
  for (const part of parts) {
    if (part.kind === 'break') finish();
    else
      for (const id of part.ids) {
        const isComma = id === rules.comma;
        if (chunk.ids.length === capacity) {
          const canSplit = !isComma && afterComma !== undefined && capacity - afterComma < backtrack;
          finish(canSplit ? afterComma : undefined);
        }
        chunk.ids.push(id);
        chunk.weights.push(part.weight);
        // A split after a comma at the very start would leave a chunk with nothing else.
        if (isComma && chunk.ids.length > 1) afterComma = chunk.ids.length;
      }
  }
  if (chunk.ids.length > 0 || chunks.length === 0) finish();
  return chunks;
}

/** A chunk without text, which pads the shorter of two prompts. */
export function emptyChunk(rules: ChunkRules): TokenChunk {
  return complete({ ids: [], weights: [] }, rules);
}

/** Tokens of text that fit into a chunk. */
export function capacityOf({ length, start, end }: ChunkRules): number {
  return length - (start === undefined ? 0 : 1) - (end === undefined ? 0 : 1);
}

function complete({ ids, weights }: TokenChunk, rules: ChunkRules): TokenChunk {
  const start = rules.start === undefined ? [] : [rules.start];
  const end = rules.end === undefined ? [] : [rules.end];
  const padding = new Array<number>(capacityOf(rules) - ids.length).fill(rules.padding);
  const ones = (tokens: readonly number[]) => tokens.map(() => 1);
  return {
    ids: [...start, ...ids, ...end, ...padding],
    weights: [...ones(start), ...weights, ...ones(end), ...ones(padding)],
  };
}
