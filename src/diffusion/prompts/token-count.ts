import { join } from 'node:path';
import { capacityOf, chunkPrompt } from './chunks.js';
import { schedulePrompt } from './schedule.js';
import { PromptTokenizer } from './tokenizer.js';

/** Counts the tokens of prompts, as web UIs show them. */
export class TokenCounter {
  readonly #tokenizer: PromptTokenizer;

  private constructor(tokenizer: PromptTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * @param folder model folder
   * @throws StepsAnimationError `model` when its tokenizer cannot be used
   */
  static async load(folder: string): Promise<TokenCounter> {
    return new TokenCounter(await PromptTokenizer.load(join(folder, 'tokenizer')));
  }

  /** Tokens of a chunk, with start and end. */
  get chunkLength(): number {
    return this.#tokenizer.rules.length;
  }

  /** Tokens of text that fit into a chunk. */
  get capacity(): number {
    return capacityOf(this.#tokenizer.rules);
  }

  /**
   * Of a prompt with edits, the longest text counts.
   * @param steps of the run, at least 1
   * @returns the tokens of the text, and the capacity of all its chunks
   */
  count(prompt: string, steps: number): { readonly count: number; readonly limit: number } {
    const texts = new Set(schedulePrompt(prompt, steps).map(({ text }) => text));
    const counts = [...texts].map((text) => {
      const { chunks, tokens } = chunkPrompt(text, this.#tokenizer);
      return { count: tokens, limit: chunks.length * this.capacity };
    });
    return counts.reduce((longest, each) => (each.count > longest.count ? each : longest));
  }
}
