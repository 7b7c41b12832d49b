import { StepsAnimationError } from '../../errors.js';

/** Texts into which one prompt may change: each is tokenized and encoded. */
const maxTexts = 200;

/** A parsed prompt. */
type PromptNode = string | readonly PromptNode[] | PromptEdit | PromptAlternation;

type PromptEdit = {
  readonly kind: 'edit';
  readonly before: PromptNode;
  readonly after: PromptNode;
  /** The number as written: whether it has a decimal point matters. */
  readonly when: string;
};

type PromptAlternation = { readonly kind: 'alternation'; readonly choices: readonly PromptNode[] };

/** The text of a prompt up to and including a step, counted from 1. */
type ScheduledText = { readonly until: number; readonly text: string };

/**
 * Resolves edits and alternations, as AUTOMATIC1111's web UI does: `[from:to:when]`, `[to:when]` and `[from::when]`
 * change the text after step `when`; `[a|b|c]` alternates step by step. With a decimal point, `when` is a fraction of
 * the steps (between 1 and 2: of those of the hires pass), without one a number of steps, counted through both passes.
 * Everything else stays as it is, emphasis too.
 *
 * Every change in the prompt ends an entry, even if the text stays the same: the web UI encodes the texts of a schedule
 * together, and all of them count in the mean of `applyWeights`.
 * @param steps of the base pass, at least 1
 * @param hiresSteps of the hires pass, at least 1; if given, the schedule is that of the hires pass
 * @returns at least one entry; `until` rises, and the last is the number of steps of the pass
 * @throws StepsAnimationError `usage` when the prompt changes into more than 200 different texts
 */
export function schedulePrompt(prompt: string, steps: number, hiresSteps?: number): readonly ScheduledText[] {
  const total = hiresSteps ?? steps;
  const stepOf = (when: string): number => {
    const isFraction = when.includes('.');
    const before = hiresSteps === undefined ? 0 : isFraction ? 1 : steps;
    return Math.min(Math.trunc((Number(when) - before) * (isFraction ? total : 1)), total);
  };
  const root = parsePrompt(prompt);
  const distinct = new Set<string>();
  return ends(root, stepOf, total).map((until) => {
    const text = textAt(root, until, stepOf);
    if (distinct.add(text).size > maxTexts) {
      throw new StepsAnimationError(
        'usage',
        `The prompt changes into more than ${maxTexts} different texts: use fewer edits and alternations, or fewer steps.`,
      );
    }
    return { until, text };
  });
}

/** The last steps of all texts, rising. */
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
    return [node.choices[(step - 1) % node.choices.length] ?? ''];
  };
  const texts: string[] = [];
  for (const node of walk(root, chosen)) if (typeof node === 'string') texts.push(node);
  return texts.join('');
}

function everyChild(node: Exclude<PromptNode, string>): readonly PromptNode[] {
  if (!('kind' in node)) return node;
  return node.kind === 'edit' ? [node.before, node.after] : node.choices;
}

/** The nodes in the order of the text; without recursion, because prompts may nest to any depth. */
function* walk(
  root: PromptNode,
  childrenOf: (node: Exclude<PromptNode, string>) => readonly PromptNode[],
): Generator<PromptNode> {
  const stack: PromptNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    if (typeof node !== 'string') for (const child of childrenOf(node).toReversed()) stack.push(child);
  }
}

/** Text, an escape, a separator, a bracket; a single backslash makes the whole prompt plain text. */
const tokens = /[^\\[\]():|]+|\\[^\n]|[[\]():|\\]/g;

const number = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*$/i;

/**
 * Parses edits and alternations by the grammar of AUTOMATIC1111's web UI:
 * ```
 * whole       = { content | "[" | "]" | "(" | ")" | ":" }
 * content     = { text | emphasis | edit | alternation }
 * emphasis    = "(" content [ ":" content ] ")" | "[" content "]"
 * edit        = "[" [ content ":" ] content ":" number "]"
 * alternation = "[" content "|" content { "|" content } "]"
 * text        = characters other than \ [ ] ( ) : | and \ with any character but a line's end
 * ```
 * The grammar is ambiguous: an opening bracket is literal only where nothing else fits. A prompt that does not match (a
 * misplaced bar or backslash) is one text. A stack of open brackets replaces recursion, so time is linear and any depth
 * is possible.
 */
function parsePrompt(prompt: string): PromptNode {
  const whole: PromptNode[] = [];
  const open: PromptNode[][] = [];
  for (const [token] of prompt.matchAll(tokens)) {
    if (token === '\\') return prompt;
    const group = open.at(-1);
    if (token === '(' || token === '[') open.push([token]);
    else if (token === ')' || token === ']') {
      const node = group && closeGroup(group, token);
      if (node) {
        open.pop();
        (open.at(-1) ?? whole).push(node);
      } else {
        // A literal closing bracket cannot be inside any of the open groups, so they are literal too.
        moveAll(open, whole);
        whole.push(token);
      }
    } else (group ?? whole).push(token);
  }
  moveAll(open, whole);
  return whole.includes('|') ? prompt : whole;
}

/** Interprets a group, which starts with its opening bracket; undefined where it does not match the grammar. */
function closeGroup(group: PromptNode[], closing: string): PromptNode | undefined {
  const colons = group.filter((node) => node === ':').length;
  const bars = group.filter((node) => node === '|').length;
  const isRound = group[0] === '(';
  if (isRound !== (closing === ')') || (bars > 0 && (isRound || colons > 0))) return undefined;
  if (bars > 0) return { kind: 'alternation', choices: split(group.slice(1), '|') };
  if (isRound ? colons <= 1 : colons === 0) {
    group.push(closing);
    return group;
  }
  return isRound ? undefined : editOf(split(group.slice(1), ':'));
}

function editOf(pieces: readonly (readonly PromptNode[])[]): PromptEdit | undefined {
  const [last] = pieces.slice(-1);
  if (pieces.length > 3 || !last?.every((node) => typeof node === 'string')) return undefined;
  const when = number.exec(last.join(''))?.[1];
  const [before = [], after = []] = pieces.length === 3 ? pieces : [[], ...pieces];
  return when === undefined ? undefined : { kind: 'edit', before, after, when };
}

function split(nodes: readonly PromptNode[], separator: string): PromptNode[][] {
  const pieces: PromptNode[][] = [[]];
  for (const node of nodes) {
    if (node === separator) pieces.push([]);
    else pieces.at(-1)?.push(node);
  }
  return pieces;
}

function moveAll(open: PromptNode[][], target: PromptNode[]): void {
  for (const group of open) for (const node of group) target.push(node);
  open.length = 0;
}
