/** A prompt's text, with what changes in it. */
export type PromptNode = string | readonly PromptNode[] | PromptEdit | PromptAlternation;

export type PromptEdit = {
  readonly kind: 'edit';
  readonly before: PromptNode;
  readonly after: PromptNode;
  /** a number, as it was written */
  readonly when: string;
};

export type PromptAlternation = { readonly kind: 'alternation'; readonly choices: readonly PromptNode[] };

/** Text, an escape, a separator, a bracket; a backslash alone is an error. */
const tokens = /[^\\[\]():|]+|\\[^\n]|[[\]():|\\]/g;

const number = /^\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*$/i;

/**
 * Reads edits and alternations by the grammar of AUTOMATIC1111's web UI:
 * ```
 * whole       = { content | "[" | "]" | "(" | ")" | ":" }
 * content     = { text | emphasis | edit | alternation }
 * emphasis    = "(" content [ ":" content ] ")" | "[" content "]"
 * edit        = "[" [ content ":" ] content ":" number "]"
 * alternation = "[" content "|" content { "|" content } "]"
 * text        = characters other than \ [ ] ( ) : | and \ with any character but a line's end
 * ```
 * The grammar is ambiguous: an opening bracket is taken for itself only where nothing else fits. A prompt outside of it
 * (a bar or a backslash out of place) is one text. A list of open brackets takes the place of recursion, so time grows
 * with the length alone, and any depth is possible.
 */
export function parsePrompt(prompt: string): PromptNode {
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
        // A bracket that stands for itself can be in none of the groups around it.
        moveAll(open, whole);
        whole.push(token);
      }
    } else (group ?? whole).push(token);
  }
  moveAll(open, whole);
  return whole.includes('|') ? prompt : whole;
}

/** What a group means, given as its opening bracket and what follows it; undefined for nothing that the grammar knows. */
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
