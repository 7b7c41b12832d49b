import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedulePrompt } from '#src/diffusion/prompts/schedule.js';
import { promptLike } from './arbitraries.js';
import { references } from './references.js';

const passes = {
  '10': [10, undefined],
  '25': [25, undefined],
  '10, then hires 8': [10, 8],
} as const;

describe.each(references.cases)('the schedule of $prompt', ({ prompt, schedules }) => {
  it.each(Object.entries(passes))('is that of the web UI for steps %s', (name, [steps, hiresSteps]) => {
    const schedule = schedulePrompt(prompt, steps, hiresSteps).map(({ until, text }) => [until, text]);
    expect(schedule).toEqual(schedules[name]);
  });
});

it('rises to the last step, whatever the prompt', () => {
  const steps = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(promptLike, steps, fc.option(steps, { nil: undefined }), (prompt, steps, hiresSteps) => {
      const schedule = schedulePrompt(prompt, steps, hiresSteps);
      const untils = schedule.map(({ until }) => until);
      expect(untils).toEqual([...new Set(untils)].sort((a, b) => a - b));
      expect(untils[0]).toBeGreaterThanOrEqual(1);
      expect(untils.at(-1)).toBe(hiresSteps ?? steps);
    }),
  );
});

it('leaves texts without syntax unchanged', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('[')),
      (text) => {
        expect(schedulePrompt(text, 20)).toEqual([{ until: 20, text }]);
      },
    ),
  );
});

it('changes a text at its step, at any position', () => {
  const word = fc.stringMatching(/^[a-z ,]*$/);
  fc.assert(
    fc.property(word, word, word, word, fc.integer({ min: 1, max: 19 }), (start, from, to, end, when) => {
      expect(schedulePrompt(`${start}[${from}:${to}:${when}]${end}`, 20)).toEqual([
        { until: when, text: start + from + end },
        { until: 20, text: start + to + end },
      ]);
    }),
  );
});

describe('ten thousand', () => {
  const many = 10_000;

  it.each(['[', '(', ']', '[(', '[a:', '[a:b:', '([:', 'a]', '[a]', 'a | [b:c:3]', '[b:c:3] \\'])(
    'times %s is a text',
    (text) => {
      const prompt = text.repeat(many);
      expect(schedulePrompt(prompt, 10)).toEqual([{ until: 10, text: prompt }]);
    },
  );

  it('brackets that all close are a text', () => {
    const prompt = `${'[('.repeat(many)}fox${')]'.repeat(many)}`;
    expect(schedulePrompt(prompt, 10)).toEqual([{ until: 10, text: prompt }]);
  });

  it('nested edits are all applied', () => {
    const schedule = schedulePrompt(`${'['.repeat(many)}fox${':3]'.repeat(many)}`, 10);
    expect(schedule).toEqual([
      { until: 3, text: '' },
      { until: 10, text: 'fox' },
    ]);
  });

  it('nested alternations alternate', () => {
    const schedule = schedulePrompt(`${'[fox|'.repeat(many)}owl${']'.repeat(many)}`, 3);
    expect(schedule.map(({ text }) => text)).toEqual(['fox', 'owl', 'fox']);
  });
});

it('refuses more than 200 different texts', () => {
  const alternatives = (count: number) => `[${Array.from({ length: count }, (_, i) => `word ${i}`).join('|')}]`;
  expect(schedulePrompt(alternatives(200), 1000)).toHaveLength(1000);
  expect(() => schedulePrompt(alternatives(201), 1000)).toThrow('more than 200 different texts');
  expect(schedulePrompt(alternatives(1000), 150)).toHaveLength(150);
});
