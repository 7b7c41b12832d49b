import { join } from 'node:path';
import { capacityOf, chunkPrompt } from './chunks.js';
import type { TokenCount } from './prompt-thread.js';
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

  /**
   * Of a prompt with edits, the longest text counts.
   * @param steps of the run, at least 1
   * @throws StepsAnimationError `usage` when the prompt has too many texts
   */
  count(prompt: string, steps: number): TokenCount {
    const { rules } = this.#tokenizer;
    const capacity = capacityOf(rules);
    const texts = new Set(schedulePrompt(prompt, steps).map(({ text }) => text));
    const counts = [...texts].map((text) => {
      const { chunks, tokens } = chunkPrompt(text, this.#tokenizer);
      return { count: tokens, limit: chunks.length * capacity, chunkLength: rules.length, capacity };
    });
    return counts.reduce((longest, each) => (each.count > longest.count ? each : longest));
  }
}
