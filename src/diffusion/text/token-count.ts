import { join } from 'node:path';
import { schedulePrompt } from '../prompts/schedule.js';
import { chunkPrompt } from './prompt-chunks.js';
import { PromptTokenizer } from './tokenizer.js';

/** How many tokens a prompt has, and how many fit into the chunks that it takes. */
export type TokenCount = { readonly count: number; readonly limit: number };

/** Counts the tokens of prompts as web UIs show them. */
export class TokenCounter {
  readonly #tokenizer: PromptTokenizer;

  private constructor(tokenizer: PromptTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * @param folder of the model
   * @throws StepsAnimationError `model` when its tokenizer cannot be used
   */
  static async load(folder: string): Promise<TokenCounter> {
    return new TokenCounter(await PromptTokenizer.load(join(folder, 'tokenizer')));
  }

  /** Tokens of a chunk, with those that mark its start and end. */
  get chunkLength(): number {
    return this.#tokenizer.rules.length;
  }

  /** Tokens of text that fit into a chunk. */
  get capacity(): number {
    const { length, start, end } = this.#tokenizer.rules;
    return length - (start === undefined ? 0 : 1) - (end === undefined ? 0 : 1);
  }

  /**
   * Of a prompt with edits, the longest of its texts counts.
   * @param steps of the run, at least 1
   */
  count(prompt: string, steps: number): TokenCount {
    const { capacity } = this;
    const texts = new Set(schedulePrompt(prompt, steps).map(({ text }) => text));
    const counts = [...texts].map((text) => {
      const { chunks, tokens } = chunkPrompt(text, this.#tokenizer);
      return { count: tokens, limit: chunks.length * capacity };
    });
    return counts.reduce((longest, each) => (each.count > longest.count ? each : longest));
  }
}
