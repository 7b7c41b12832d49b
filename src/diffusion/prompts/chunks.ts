import type { PromptPart } from './attention.js';

/** A part of a prompt whose text has become tokens, without any that mark start or end. */
export type TokenizedPart =
  | { readonly kind: 'text'; readonly ids: readonly number[]; readonly weight: number }
  | Extract<PromptPart, { kind: 'break' }>;

/** What a text encoder takes, given as token ids. */
export type ChunkRules = {
  /** tokens of a chunk, 77 for CLIP; with room for at least one beside those that mark its start and end */
  readonly length: number;
  /** mark start and end, where the encoder knows such tokens */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** fills the rest of a chunk, behind its end */
  readonly padding: number;
  /** after which a text may be parted, where the encoder knows commas */
  readonly comma?: number | undefined;
  /** how far before the end of a chunk a comma is looked for, in tokens, 0 for not at all; 20 in the web UI */
  readonly backtrack: number;
};

/** As many token ids as the rules say, with the weight of each. */
export type TokenChunk = { readonly ids: readonly number[]; readonly weights: readonly number[] };

type GrowingChunk = { ids: number[]; weights: number[] };

/**
 * Parts the tokens of a prompt into chunks that a text encoder can take, as AUTOMATIC1111's web UI does: one after the
 * other, a new one when the last is full or a BREAK says so. What follows the last comma of a full chunk moves on to
 * the next, if it is shorter than `backtrack`, so that fewer phrases are torn apart.
 * @returns at least one chunk
 */
export function chunkTokens(parts: readonly TokenizedPart[], rules: ChunkRules): readonly TokenChunk[] {
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
          const canPart = !isComma && afterComma !== undefined && capacity - afterComma < rules.backtrack;
          finish(canPart ? afterComma : undefined);
        }
        chunk.ids.push(id);
        chunk.weights.push(part.weight);
        // A comma at the very start would leave a chunk with nothing else.
        if (isComma && chunk.ids.length > 1) afterComma = chunk.ids.length;
      }
  }
  if (chunk.ids.length > 0 || chunks.length === 0) finish();
  return chunks;
}

/** A chunk without text: of such, the shorter one of two prompts gets as many as it lacks. */
export function emptyChunk(rules: ChunkRules): TokenChunk {
  return complete({ ids: [], weights: [] }, rules);
}

/** The tokens of text that fit into a chunk. */
function capacityOf({ length, start, end }: ChunkRules): number {
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
