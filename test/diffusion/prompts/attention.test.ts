import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAttention } from '#src/diffusion/prompts/attention.js';
import { promptLike } from './arbitraries.js';
import { references } from './references.js';

describe.each(references.cases)('the emphasis of $prompt', ({ prompt, attention }) => {
  it('is that of the web UI', () => {
    const parts = parseAttention(prompt).map((part) =>
      part.kind === 'break' ? ['BREAK', -1] : [part.text, part.weight],
    );
    expect(parts).toEqual(attention);
  });
});

it.each([
  ['(fox BREAK owl:1.2)', 1.2],
  ['[fox BREAK owl]', 1 / 1.1],
])('breaks within brackets: %s', (prompt, weight) => {
  expect(parseAttention(prompt)).toEqual([
    { kind: 'text', text: 'fox', weight },
    { kind: 'break' },
    { kind: 'text', text: 'owl', weight },
  ]);
});

it('takes a number that is none for text', () => {
  expect(parseAttention('(fox:1.2.3)')).toEqual([{ kind: 'text', text: 'fox:1.2.3', weight: 1.1 }]);
});

it('lets a word with BREAK in it be, in any script', () => {
  expect(parseAttention('éBREAK BREAKé BREAK_1')).toEqual([{ kind: 'text', text: 'éBREAK BREAKé BREAK_1', weight: 1 }]);
});

it('reads anything: positive weights, no empty texts, no neighbours of one weight', () => {
  fc.assert(
    fc.property(promptLike, (prompt) => {
      const parts = parseAttention(prompt);
      for (const [i, part] of parts.entries()) {
        if (part.kind === 'break') continue;
        expect(part.text).not.toBe('');
        expect(part.weight).toBeGreaterThan(0);
        const next = parts[i + 1];
        if (next?.kind === 'text') expect(next.weight).not.toBe(part.weight);
      }
    }),
  );
});

it('leaves texts without syntax unchanged', () => {
  const plain = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\\()[\]]|BREAK/.test(text));
  fc.assert(
    fc.property(plain, (text) => {
      expect(parseAttention(text)).toEqual([{ kind: 'text', text, weight: 1 }]);
    }),
  );
});

it('keeps escaped characters', () => {
  const escaped = (text: string) => text.replaceAll(/[\\()[\]]/g, '\\$&');
  fc.assert(
    fc.property(fc.stringMatching(/^[\\()[\] a-z:]+$/), (text) => {
      expect(parseAttention(escaped(text))).toEqual([{ kind: 'text', text, weight: 1 }]);
    }),
  );
});

it.each(['(', '[', ')', ']', 'a(', '([', ':', '\\', ':1.1)', 'BREAK '])('reads ten thousand times %s', (text) => {
  const parts = parseAttention(`${text.repeat(10_000)}b`);
  expect(parts.at(-1)).toMatchObject({ kind: 'text', text: expect.stringMatching(/b$/) });
});

it('nests brackets up to 100 levels; deeper ones have no effect', () => {
  const [hundred, thousand] = [100, 1000].map((depth) =>
    parseAttention(`${'('.repeat(depth)}fox${')'.repeat(depth)} owl`),
  );
  expect(thousand).toEqual(hundred);
  expect(thousand?.[0]).toMatchObject({ text: 'fox', weight: expect.closeTo(1.1 ** 100, 3) });
  expect(thousand?.[1]).toEqual({ kind: 'text', text: ' owl', weight: 1 });
});
