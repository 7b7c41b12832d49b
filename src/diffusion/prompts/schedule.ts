import { type PromptNode, parsePrompt } from './schedule-parser.js';

/** A text that holds up to and including a step, counted from 1. */
export type ScheduledText = { readonly until: number; readonly text: string };

export type SchedulingOptions = {
  /** the steps of a hires pass, at least 1; where given, that pass is scheduled, and `steps` are those before it */
  readonly hiresSteps?: number | undefined;
  /** numbers below 1 are fractions of the steps, others steps, and a hires pass has the schedule of the first */
  readonly usingOldScheduling?: boolean | undefined;
};

/**
 * The texts that a prompt with edits and alternations stands for, as AUTOMATIC1111's web UI reads it:
 * `[from:to:when]`, `[to:when]` and `[from::when]` change the text after step `when`; `[a|b|c]` takes turns, step by
 * step. With a decimal point, `when` is a fraction of the steps (between 1 and 2: of those of the hires pass), without
 * one a number of steps, counted through both passes. Everything else, emphasis too, stays as it is written.
 *
 * Every change that the prompt mentions ends an entry, even where the text stays the same: the web UI encodes the
 * texts of a schedule together, and all of them count in the mean of `applyWeights`.
 * @param steps of the (first) pass, at least 1
 * @returns at least one entry; `until` rises, and the last is the number of steps of the pass
 */
export function schedulePrompt(
  prompt: string,
  steps: number,
  { hiresSteps, usingOldScheduling = false }: SchedulingOptions = {},
): readonly ScheduledText[] {
  const isHires = hiresSteps !== undefined && !usingOldScheduling;
  const total = isHires ? hiresSteps : steps;
  const stepOf = (when: string): number => {
    const isFraction = usingOldScheduling ? Number(when) < 1 : when.includes('.');
    const before = isHires ? (isFraction ? 1 : steps) : 0;
    return Math.min(Math.trunc((Number(when) - before) * (isFraction ? total : 1)), total);
  };
  const root = parsePrompt(prompt);
  return ends(root, stepOf, total).map((until) => ({ until, text: textAt(root, until, stepOf) }));
}

/** The last steps of all the texts, rising. */
function ends(root: PromptNode, stepOf: (when: string) => number, total: number): number[] {
  const found = new Set([total]);
  let alternates = false;
  for (const node of walk(root, everyChild)) {
    if (typeof node !== 'object' || !('kind' in node)) continue;
    if (node.kind === 'edit') found.add(stepOf(node.when));
    else alternates = true;
  }
  if (alternates) for (let step = 1; step < total; step++) found.add(step);
  return [...found].filter((step) => step >= 1).sort((a, b) => a - b);
}

function textAt(root: PromptNode, step: number, stepOf: (when: string) => number): string {
  const chosen = (node: Exclude<PromptNode, string>): readonly PromptNode[] => {
    if (!('kind' in node)) return node;
    if (node.kind === 'edit') return [step <= stepOf(node.when) ? node.before : node.after];
    return node.choices.slice((step - 1) % node.choices.length).slice(0, 1);
  };
  const texts: string[] = [];
  for (const node of walk(root, chosen)) if (typeof node === 'string') texts.push(node);
  return texts.join('');
}

function everyChild(node: Exclude<PromptNode, string>): readonly PromptNode[] {
  if (!('kind' in node)) return node;
  return node.kind === 'edit' ? [node.before, node.after] : node.choices;
}

/** The nodes in the order in which they are written; without recursion, as prompts may nest as deep as they like. */
function* walk(
  root: PromptNode,
  childrenOf: (node: Exclude<PromptNode, string>) => readonly PromptNode[],
): Generator<PromptNode> {
  const waiting: PromptNode[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    if (typeof node !== 'string') for (const child of childrenOf(node).toReversed()) waiting.push(child);
  }
}
