import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { quote } from '#src/recording/user-messages.js';

afterEach(() => void vi.unstubAllGlobals());

describe('an argument in a command that is shown', () => {
  it('is what a POSIX shell reads', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (texts) => {
        const script = `printf '%s\\0' ${texts.map(quote).join(' ')}`;
        const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
        expect(stdout.split('\0').slice(0, -1)).toEqual(texts);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['C:\\o\\', '"C:/o/"'],
    ['C:\\my pictures\\a.png', '"C:/my pictures/a.png"'],
    ['outputs/a.png', 'outputs/a.png'],
    ['C:\\100%\\a', "'C:\\100%\\a'"],
    ["a $HOME 'b'", "'a $HOME ''b'''"],
  ])('on Windows, %s becomes %s, which cmd or PowerShell reads as it was', (text, quoted) => {
    vi.stubGlobal('process', Object.create(process, { platform: { value: 'win32' } }));
    expect(quote(text)).toBe(quoted);
  });
});
