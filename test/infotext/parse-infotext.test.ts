import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movieTags } from '#src/infotext/movie-tags.js';
import {
  parseInfotext,
  seedOf,
  shortenInfotext,
  withIntermediateStep,
  withoutIntermediateStep,
} from '#src/infotext/parse-infotext.js';

const infotext = [
  'a red apple, shiny',
  'on a table',
  'Negative prompt: blurry,',
  'dark',
  'Steps: 30, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 42, Size: 512x512, ' +
    'Model: emoji, Lora hashes: "a: 12, b: 34", Version: v1',
].join('\n');

describe('parseInfotext', () => {
  it('takes the parts apart as web UIs do', () => {
    const { prompt, negativePrompt, fields } = parseInfotext(infotext);
    expect(prompt).toBe('a red apple, shiny\non a table');
    expect(negativePrompt).toBe('blurry,\ndark');
    expect(fields).toMatchObject({
      Steps: '30',
      Sampler: 'Euler a',
      'CFG scale': '7',
      Size: '512x512',
      'Lora hashes': 'a: 12, b: 34',
      Version: 'v1',
    });
  });

  it('takes a last line without settings for prompt', () => {
    expect(parseInfotext('a cat\nin: a hat')).toEqual({ prompt: 'a cat\nin: a hat', negativePrompt: '', fields: {} });
    expect(parseInfotext('')).toEqual({ prompt: '', negativePrompt: '', fields: {} });
  });

  it('gives a result for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseInfotext(text) !== undefined));
    // Long texts of what the pattern for settings could backtrack in: with exponential time, the test would never end.
    for (const part of ['a', 'a: "', ' ', 'x: ', '\\"']) {
      expect(parseInfotext(part.repeat(10_000)).negativePrompt).toBe('');
    }
  });

  it('gives the seed as a number, and null without one', () => {
    expect(seedOf(parseInfotext(infotext))).toBe(42);
    expect(seedOf(parseInfotext('a cat'))).toBeNull();
  });
});

describe('intermediate step', () => {
  it('is a further setting on the last line', () => {
    const text = withIntermediateStep(infotext, 12);
    expect(text).toBe(`${infotext}, intermediate: 012`);
    expect(parseInfotext(text).fields.intermediate).toBe('012');
    expect(withIntermediateStep('', 1000)).toBe('intermediate: 1000');
    expect(withoutIntermediateStep(text)).toBe(infotext);
    expect(withoutIntermediateStep(infotext)).toBe(infotext);
  });
});

describe('shortenInfotext', () => {
  it('keeps the settings where it can, and never gives more than was asked for', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, fc.boolean(), fc.integer({ min: 3, max: 40 }), (prompt, line, hasLine, most) => {
        const [lastLine] = line.split('\n');
        const whole = hasLine ? `${prompt}\n${lastLine}` : prompt;
        const short = shortenInfotext(whole, most);
        if (whole.length <= most) return short === whole;
        const keepsLine = !hasLine || `...\n${lastLine}`.length > most || short.endsWith(`...\n${lastLine}`);
        return short.length <= most && keepsLine && whole.startsWith(short.slice(0, short.lastIndexOf('...')));
      }),
    );
    expect(shortenInfotext('an apple 🍎 on a table\nSteps: 3', 22)).toBe('an apple ...\nSteps: 3');
  });
});

describe('movieTags', () => {
  const facts = { width: 512, height: 384, lastStep: 29, interpolation: 'blend', timestamp: new Date(0) };

  it('describes the run', () => {
    const tags = movieTags({ ...facts, infotext, skipSteps: 2 });
    expect(tags.comment).toBe(infotext);
    expect(tags.title?.split(' | ')).toEqual([
      'a red apple, shiny on a table',
      'negative blurry, dark',
      'seed 42',
      'sampler Euler a',
      'CFG scale 7',
      'steps 30',
      'last step 29',
      'skip 2',
      'model emoji',
      'embedding none',
      'face restoration none',
      'timestamp 1970-01-01T00:00:00.000Z',
      'interpolation blend',
    ]);
    expect(tags.description).toContain('size 512x384');
    expect(tags.description).toMatch(/Steps Animation \d+\.\d+\.\d+/);
    for (const name of ['artist', 'author', 'album_artist']) {
      expect(tags[name]).toMatch(/^Steps Animation \d+\.\d+\.\d+/);
    }
  });

  it('says what is not known', () => {
    const tags = movieTags({ ...facts, infotext: '' });
    expect(tags).not.toHaveProperty('comment');
    expect(tags.title).toContain('seed unknown');
    expect(tags.title).toContain('embedding none');
  });
});
