import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkFolderPath,
  intermediateStem,
  movieStem,
  parseIntermediateStem,
  resolveBelow,
  safePrompt,
} from '#src/files/file-names.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom('.', ' ', '/', '\\', ':', 'a', '\n', '\u202e', '👩‍🚀', 'é', '\ud83d') }),
);

describe('safePrompt', () => {
  it('keeps what every file system accepts', () => {
    expect(safePrompt('a red apple, (masterpiece:1.2)')).toBe('a red apple, (masterpiece_1.2)');
    expect(safePrompt('ein Äpfelchen 🍎 りんご')).toBe('ein Äpfelchen 🍎 りんご');
  });

  it('replaces or drops what is reserved, invisible or would change the folder', () => {
    expect(safePrompt('../../etc/passwd')).toBe('etc_passwd');
    expect(safePrompt('C:\\x <lora:a> "b"?*|')).toBe('C_x _lora_a_ _b');
    expect(safePrompt('one\r\ntwo\tthree')).toBe('one two three');
    expect(safePrompt('exe\u202egnp.\u0000')).toBe('exegnp');
    expect(safePrompt('half \ud83d pair')).toBe('half pair');
    expect(safePrompt(' ... ')).toBe('');
  });

  it('crops to 96 characters and never inside one', () => {
    expect(safePrompt('x'.repeat(200))).toBe('x'.repeat(96));
    const astronaut = '👩🏽‍🚀';
    const cropped = safePrompt(astronaut.repeat(50));
    expect(cropped).toBe(astronaut.repeat(cropped.length / astronaut.length));
  });

  it('is safe, short and stable for any text', () => {
    fc.assert(
      fc.property(anyText, (prompt) => {
        const safe = safePrompt(prompt);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not occur
        expect(safe).not.toMatch(/[<>:"/\\|?*\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(safe).not.toMatch(/^[. ]|[. ]$/);
        expect(Buffer.from(safe).toString()).toBe(safe);
        expect([...new Intl.Segmenter().segment(safe)].length).toBeLessThanOrEqual(96);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(180);
        expect(safePrompt(safe)).toBe(safe);
      }),
      { numRuns: 500 },
    );
  });
});

describe('stems', () => {
  it('number from the right side and add digits when needed', () => {
    const name = { batch: 0, position: 1, step: 12, seed: 42, prompt: 'a red apple' };
    expect(intermediateStem(name)).toBe('0001012-42-a red apple');
    expect(intermediateStem({ ...name, step: 1000, prompt: '' })).toBe('00011000-42');
    expect(movieStem(name)).toBe('42-a red apple');
    expect(movieStem({ seed: 42, prompt: '///' })).toBe('42');
  });

  it('can be read back', () => {
    const name = fc.record({
      batch: fc.integer({ min: 0, max: 99 }),
      position: fc.integer({ min: 0, max: 99 }),
      step: fc.integer({ min: 1, max: 5000 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      prompt: anyText,
    });
    fc.assert(
      fc.property(name, (facts) => {
        expect(parseIntermediateStem(intermediateStem(facts))).toEqual({ ...facts, prompt: safePrompt(facts.prompt) });
      }),
    );
  });

  it('are distinguished from other names', () => {
    expect(parseIntermediateStem('42-a red apple')).toBeUndefined();
    expect(parseIntermediateStem('IMG_0001')).toBeUndefined();
  });
});

describe('resolveBelow', () => {
  it('accepts folders below the root', () => {
    expect(resolveBelow('outputs', 'animation')).toBe(resolve('outputs', 'animation'));
    expect(resolveBelow('outputs', join('a', '..', '..b'))).toBe(resolve('outputs', '..b'));
    expect(resolveBelow('outputs', '.')).toBe(resolve('outputs'));
    expect(resolveBelow(sep, 'x')).toBe(resolve(sep, 'x'));
  });

  it.each(['..', '../x', 'a/../../x', resolve(sep, 'elsewhere'), 'a\0b'])('refuses %j', (folder) => {
    expect(() => resolveBelow('outputs', folder)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('the path of a folder', () => {
  it('has names of 255 bytes at most', () => {
    checkFolderPath(resolve('/', 'a'.repeat(255), '🍎'.repeat(63)));
    for (const name of ['a'.repeat(256), '🍎'.repeat(64)])
      expect(() => checkFolderPath(resolve('/', 'a', name))).toThrow('has 256 bytes, and 255 are possible');
    expect(() => resolveBelow('/', 'a'.repeat(300))).toThrow('has 300 bytes');
  });

  it.runIf(process.platform === 'linux')('leaves room for a file in it', () => {
    checkFolderPath('/a'.repeat(1919));
    expect(() => checkFolderPath(`${'/a'.repeat(1919)}/b`)).toThrow(
      'has 3840 bytes: choose one that is shorter than 3840',
    );
  });
});
