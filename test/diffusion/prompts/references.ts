import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { parseAttention } from '#src/diffusion/prompts/attention.js';
import type { ChunkRules, TokenizedPart } from '#src/diffusion/prompts/chunks.js';

type ReferenceChunk = { readonly ids: readonly number[]; readonly weights: readonly number[] };

/** What another program made of prompts; written by test/oracles/prompts.py. */
type PromptReferences = {
  readonly cases: readonly {
    readonly prompt: string;
    /** a BREAK has the weight -1 */
    readonly attention: readonly (readonly [text: string, weight: number])[];
    readonly schedules: Readonly<Record<string, readonly (readonly [until: number, text: string])[]>>;
    readonly chunks: readonly ReferenceChunk[];
  }[];
  readonly otherPadding: readonly { readonly prompt: string; readonly chunks: readonly ReferenceChunk[] }[];
  readonly weighting: readonly {
    readonly width: number;
    readonly weights: readonly number[];
    readonly hidden: readonly number[];
    readonly weighted: readonly number[];
  }[];
};

const fixture = async (name: string) =>
  JSON.parse(await readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));

export const references: PromptReferences = await fixture('prompts.json');

const tokenizer = new Tokenizer(await fixture('clip-tokenizer.json'), {});

export const clipRules: ChunkRules = {
  length: 77,
  start: 49406,
  end: 49407,
  padding: 49407,
  comma: 267,
  backtrack: 20,
};

/** The parts of a prompt with the tokens of CLIP. */
export function clipTokens(prompt: string): readonly TokenizedPart[] {
  return parseAttention(prompt).map((part) =>
    part.kind === 'break'
      ? part
      : { kind: 'text', ids: tokenizer.encode(part.text, { add_special_tokens: false }).ids, weight: part.weight },
  );
}
