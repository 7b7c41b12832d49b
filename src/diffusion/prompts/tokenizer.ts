import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { StepsAnimationError } from '../../errors.js';
import type { ChunkRules } from './chunks.js';

const tokenSchema = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const configSchema = z.looseObject({
  model_max_length: z.int().min(2).max(4096),
  pad_token: tokenSchema.nullish(),
  eos_token: tokenSchema.nullish(),
});

/** The tokenizer of a model. */
export class PromptTokenizer {
  readonly rules: ChunkRules;
  readonly #tokenizer: Tokenizer;

  private constructor(tokenizer: Tokenizer, config: z.output<typeof configSchema>) {
    this.#tokenizer = tokenizer;
    const comma = this.tokensOf(',');
    this.rules = {
      length: config.model_max_length,
      padding: idIn(config.pad_token ?? config.eos_token, (token) => tokenizer.token_to_id(token)),
      ...marksAround(tokenizer.encode(',').ids, comma),
      comma: comma.length === 1 ? comma[0] : undefined,
    };
  }

  /**
   * Reads the tokenizer in `folder`: `tokenizer.json`, or CLIP's older `vocab.json` and `merges.txt`.
   * @throws StepsAnimationError `model` when it is missing or cannot be used
   */
  static async load(folder: string): Promise<PromptTokenizer> {
    try {
      const config = configSchema.parse(await readJson(join(folder, 'tokenizer_config.json')));
      return new PromptTokenizer(new Tokenizer(await readTokenizer(folder, config.pad_token), config), config);
    } catch (cause) {
      const reason = cause instanceof UnknownToken ? ` (${cause.message})` : '';
      throw new StepsAnimationError(
        'model',
        `The tokenizer in ${folder} cannot be used${reason}; export the model again.`,
        { cause },
      );
    }
  }

  /** The tokens of a piece of a prompt, without start and end. */
  tokensOf(text: string): readonly number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }
}

class UnknownToken extends Error {}

/** @throws UnknownToken when the vocabulary has no such token: another one would change every image without a word */
function idIn(token: string | null | undefined, idOf: (token: string) => number | undefined): number {
  const id = token ? idOf(token) : undefined;
  if (id === undefined) throw new UnknownToken(`its vocabulary has no token ${JSON.stringify(token ?? null)}`);
  return id;
}

/** The tokens that a tokenizer puts before and after a text: both, one of them, or none. */
function marksAround(marked: readonly number[], text: readonly number[]): Pick<ChunkRules, 'start' | 'end'> {
  const before = marked.findIndex((_, i) => text.length > 0 && text.every((id, k) => marked[i + k] === id));
  if (before < 0) throw new UnknownToken('it does not know the comma');
  return { start: marked[before - 1], end: marked[before + text.length] };
}

async function readTokenizer(folder: string, padding: string | null | undefined): Promise<object> {
  const tokenizer = await readJson(join(folder, 'tokenizer.json')).catch(() => undefined);
  if (tokenizer) return tokenizer;
  const vocabulary = await readJson(join(folder, 'vocab.json'));
  const merges = await readFile(join(folder, 'merges.txt'), 'utf8');
  return clipTokenizer(vocabulary as Readonly<Record<string, number>>, merges, padding);
}

async function readJson(file: string): Promise<object> {
  return JSON.parse(await readFile(file, 'utf8'));
}

/**
 * CLIP's tokenizer (Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision") in the
 * form of a `tokenizer.json`, as transformers converts it.
 */
function clipTokenizer(
  vocabulary: Readonly<Record<string, number>>,
  merges: string,
  padding: string | null | undefined,
): object {
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'];
  const words = String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
  const idOf = (token: string) => idIn(token, (known) => vocabulary[known]);
  return {
    version: '1.0',
    added_tokens: [...new Set([start, end, ...(padding ? [padding] : [])])].map((content) => ({
      ...{ id: idOf(content), content, special: true },
      ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: words }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      ...{ sep: [end, idOf(end)], cls: [start, idOf(start)], trim_offsets: false, add_prefix_space: false },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: end, continuing_subword_prefix: '', end_of_word_suffix: '</w>' },
      ...{ fuse_unk: false, byte_fallback: false, vocab: vocabulary },
      merges: merges.split('\n').filter((line) => line !== '' && !line.startsWith('#version')),
    },
  };
}
