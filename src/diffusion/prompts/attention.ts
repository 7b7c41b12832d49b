/** A part of a prompt: text with its weight (1 without emphasis), or the end of a chunk, written as BREAK. */
export type PromptPart =
  | { readonly kind: 'text'; readonly text: string; readonly weight: number }
  | { readonly kind: 'break' };

/** Text, or the end of a chunk. */
type Piece = string | typeof chunkEnd;
const chunkEnd = Symbol('BREAK');

type GrowingPart = { kind: 'text'; text: string; weight: number } | { kind: 'break' };

/** Round brackets multiply by this, square ones divide. */
const emphasis = 1.1;

/** Brackets that are nested deeper have no effect, so that time is linear; 1.1 to the power of 100 is 13,780. */
const maxNesting = 100;

/** An escape, a single backslash, a bracket, a weight with its bracket, text, a colon. */
const tokens = /\\[()[\]\\]|\\|[()[\]]|:\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*\)|[^\\()[\]:]+|:/g;

/** BREAK as a word of its own, in any script. */
const breakWord = /(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])/u;

/**
 * Parses emphasis as AUTOMATIC1111's web UI does: `(word)` has weight 1.1, `[word]` 1/1.1, `(word:1.3)` 1.3, and nested
 * brackets multiply. A backslash makes a bracket or a backslash literal. Brackets that are never closed reach to the end
 * of the prompt; those that were never opened are text, as is a colon without a number. BREAK ends a chunk, also within
 * brackets (where the web UI treats it as a word of negative weight). Neighbours of the same weight become one part.
 *
 * Edits and alternations must be resolved first, by `schedulePrompt`.
 * @returns no empty texts, so nothing for an empty prompt; weights are negative or 0 only where the prompt says so
 */
export function parseAttention(prompt: string): readonly PromptPart[] {
  const pieces: Piece[] = [];
  // Separate from the pieces: a closing bracket multiplies all weights since its opening bracket.
  const weights: number[] = [];
  const add = (piece: Piece) => {
    pieces.push(piece);
    weights.push(1);
  };
  const multiplySince = (start: number, factor: number) => {
    for (let i = start; i < weights.length; i++) weights[i] = (weights[i] ?? 1) * factor;
  };
  const round: number[] = [];
  const square: number[] = [];
  const startHere = () => (round.length + square.length < maxNesting ? pieces.length : Number.POSITIVE_INFINITY);
  for (const [token, weight] of prompt.matchAll(tokens)) {
    if (token === '(') round.push(startHere());
    else if (token === '[') square.push(startHere());
    else if (token.startsWith('\\')) add(token.slice(1));
    else {
      const start = token.endsWith(')') ? round.pop() : token === ']' ? square.pop() : undefined;
      if (start === undefined) for (const piece of splitAtBreaks(token)) add(piece);
      else multiplySince(start, token === ']' ? 1 / emphasis : Number(weight ?? emphasis));
    }
  }
  for (const start of round) multiplySince(start, emphasis);
  for (const start of square) multiplySince(start, 1 / emphasis);
  return join(pieces, weights);
}

function splitAtBreaks(text: string): Piece[] {
  const between = text.split(breakWord);
  return between.flatMap((piece, i) => {
    const afterBreak = i > 0 ? piece.trimStart() : piece;
    const plain = i < between.length - 1 ? afterBreak.trimEnd() : afterBreak;
    return i > 0 ? [chunkEnd, plain] : [plain];
  });
}

function join(pieces: readonly Piece[], weights: readonly number[]): PromptPart[] {
  const parts: GrowingPart[] = [];
  for (const [i, piece] of pieces.entries()) {
    const weight = weights[i] ?? 1;
    const last = parts.at(-1);
    if (piece === chunkEnd) parts.push({ kind: 'break' });
    else if (last?.kind === 'text' && last.weight === weight) last.text += piece;
    else if (piece !== '') parts.push({ kind: 'text', text: piece, weight });
  }
  return parts;
}
