import { TaskRunner } from '../../util/task-runner.js';

/** A task of the thread: count the tokens of a prompt, or check that its schedule is within the limits. */
export type PromptTask =
  /** `folder` is that of the model */
  | { readonly type: 'count'; readonly folder: string; readonly prompt: string; readonly steps: number }
  | {
      readonly type: 'check';
      readonly prompt: string;
      readonly steps: number;
      readonly hiresSteps: number | undefined;
    };

/** How many tokens a prompt has, and what its model can take. */
export type TokenCount = {
  /** Of a prompt with edits, those of its longest text. */
  readonly count: number;
  /** Tokens of text that fit into all chunks of the prompt. */
  readonly limit: number;
  /** Tokens of a chunk, with start and end. */
  readonly chunkLength: number;
  /** Tokens of text that fit into a chunk. */
  readonly capacity: number;
};

const thread = new TaskRunner<PromptTask, TokenCount | undefined>(new URL('./prompt-worker.js', import.meta.url), {
  work: 'Reading the prompt',
});

/**
 * Counts the tokens of a prompt, as web UIs show them.
 * @param folder model folder
 * @param steps of the run, at least 1
 * @throws StepsAnimationError `model` when the tokenizer cannot be used, `usage` when the prompt has too many texts
 */
export async function countTokens(folder: string, prompt: string, steps: number): Promise<TokenCount> {
  const counted = await thread.run({ type: 'count', folder, prompt, steps });
  return counted ?? { count: 0, limit: 0, chunkLength: 0, capacity: 0 };
}

/**
 * Checks that a prompt does not change into too many texts.
 * @param steps evaluations of the base pass; `hiresSteps` those of the hires pass
 * @throws StepsAnimationError `usage`
 */
export async function checkSchedule(prompt: string, steps: number, hiresSteps?: number): Promise<void> {
  // Without a bracket there is one text.
  if (prompt.includes('[')) await thread.run({ type: 'check', prompt, steps, hiresSteps });
}
