import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkRules, chunkTokens, emptyChunk } from '#src/diffusion/prompts/chunks.js';
import { clipRules, clipTokens, references } from './references.js';

describe.each(references.cases)('the chunks of $prompt', ({ prompt, chunks }) => {
  it('have the tokens and weights of the web UI', () => {
    expect(chunkTokens(clipTokens(prompt), clipRules)).toEqual(chunks);
  });
});

it.each(references.otherPadding)('pads after the end, also with another token: $prompt', ({ prompt, chunks }) => {
  expect(chunkTokens(clipTokens(prompt), { ...clipRules, padding: 0 })).toEqual(chunks);
});

it('pads with empty chunks that are those of an empty prompt', () => {
  expect([emptyChunk(clipRules)]).toEqual(chunkTokens([], clipRules));
});

/** Ids below 100, a tenth of them commas. */
const ids = fc.array(fc.oneof({ weight: 1, arbitrary: fc.constant(1) }, { weight: 9, arbitrary: fc.nat(90) }));
const text = fc.record({ kind: fc.constant('text' as const), ids, weight: fc.constant(1.5) });
const parts = fc.array(
  fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: fc.constant({ kind: 'break' as const }) }),
);

const rules: fc.Arbitrary<ChunkRules> = fc.record({
  length: fc.integer({ min: 3, max: 80 }),
  start: fc.constantFrom(101, undefined),
  end: fc.constantFrom(102, undefined),
  padding: fc.constant(100),
  comma: fc.constantFrom(1, undefined),
  backtrack: fc.integer({ min: 0, max: 90 }),
});

it('makes chunks of one length that hold all tokens in their order', () => {
  fc.assert(
    fc.property(parts, rules, (parts, rules) => {
      const chunks = chunkTokens(parts, rules);
      expect(chunks.length).toBeGreaterThan(0);
      for (const { ids, weights } of chunks) {
        expect(ids).toHaveLength(rules.length);
        expect(weights).toHaveLength(rules.length);
        expect(ids[0] === 101).toBe(rules.start !== undefined);
        expect(ids.filter((id) => id === 102)).toHaveLength(rules.end === undefined ? 0 : 1);
        expect(weights).toEqual(ids.map((id) => (id < 100 ? 1.5 : 1)));
      }
      const held = chunks.flatMap(({ ids }) => ids.filter((id) => id < 100));
      expect(held).toEqual(parts.flatMap((part) => (part.kind === 'text' ? part.ids : [])));
    }),
  );
});

describe('a tokenizer without end and comma', () => {
  const rules = { length: 4, start: 2, padding: 0, backtrack: 20 };

  it('fills chunks to the last token', () => {
    const chunks = chunkTokens([{ kind: 'text', ids: [5, 6, 7, 8], weight: 1.2 }], rules);
    expect(chunks).toEqual([
      { ids: [2, 5, 6, 7], weights: [1, 1.2, 1.2, 1.2] },
      { ids: [2, 8, 0, 0], weights: [1, 1.2, 1, 1] },
    ]);
  });

  it('starts a new chunk at every BREAK', () => {
    const chunks = chunkTokens([{ kind: 'break' }, { kind: 'text', ids: [5], weight: 1 }, { kind: 'break' }], rules);
    expect(chunks.map(({ ids }) => ids)).toEqual([
      [2, 0, 0, 0],
      [2, 5, 0, 0],
    ]);
  });
});

it('does not leave a comma alone in a short chunk', () => {
  const ids = [5, 6, 7, 1, 8, 9, 5];
  const chunks = chunkTokens([{ kind: 'text', ids, weight: 1 }], { length: 3, padding: 0, comma: 1, backtrack: 20 });
  expect(chunks.map(({ ids }) => ids)).toEqual([
    [5, 6, 7],
    [1, 8, 9],
    [5, 0, 0],
  ]);
});
