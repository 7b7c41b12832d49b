import { parseAttention } from '../prompts/attention.js';
import { chunkTokens, type TokenChunk } from '../prompts/chunks.js';
import type { PromptTokenizer } from './tokenizer.js';

/** How far before the end of a chunk of tokens a comma is looked for, as in AUTOMATIC1111's web UI. */
export const backtrack = 20;

/** The chunks of a text without edits and alternations, and how many tokens of text are in them. */
export type PromptChunks = { readonly chunks: readonly TokenChunk[]; readonly tokens: number };

/** Turns a text with emphasis into the chunks of tokens that a text encoder takes. */
export function chunkPrompt(text: string, tokenizer: PromptTokenizer): PromptChunks {
  const parts = parseAttention(text).map((part) =>
    part.kind === 'text' ? { kind: part.kind, weight: part.weight, ids: tokenizer.tokensOf(part.text) } : part,
  );
  const tokens = parts.reduce((sum, part) => sum + (part.kind === 'text' ? part.ids.length : 0), 0);
  return { chunks: chunkTokens(parts, { ...tokenizer.rules, backtrack }), tokens };
}
