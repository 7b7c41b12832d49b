import { serveTasks } from '../../util/task-runner.js';
import type { PromptTask, TokenCount } from './prompt-thread.js';
import { schedulePrompt } from './schedule.js';
import { TokenCounter } from './token-count.js';

// The thread that prompt-thread.ts starts: parsing and tokenizing a long prompt would block the event loop.

/** Loaded tokenizers, each of a few megabytes. */
const maxCounters = 4;
const counters = new Map<string, Promise<TokenCounter>>();

serveTasks<PromptTask, TokenCount | undefined>(async (task) => {
  if (task.type === 'count') return (await counterOf(task.folder)).count(task.prompt, task.steps);
  schedulePrompt(task.prompt, task.steps);
  if (task.hiresSteps !== undefined) schedulePrompt(task.prompt, task.steps, task.hiresSteps);
  return undefined;
});

async function counterOf(folder: string): Promise<TokenCounter> {
  if (counters.size >= maxCounters && !counters.has(folder)) counters.clear();
  const counter = counters.get(folder) ?? TokenCounter.load(folder);
  counters.set(folder, counter);
  try {
    return await counter;
  } catch (error) {
    counters.delete(folder);
    throw error;
  }
}
