import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkWindowsPath } from '#src/files/windows-names.js';

beforeEach(() => void vi.stubGlobal('process', Object.create(process, { platform: { value: 'win32' } })));
afterEach(() => void vi.unstubAllGlobals());

describe('names on Windows', () => {
  it.each([
    ['C:\\outputs\\CON', 'CON'],
    ['C:\\aux.txt\\a.mp4', 'aux.txt'],
    ['outputs/Lpt1.mp4', 'Lpt1.mp4'],
    ['D:\\o\\COM².webm', 'COM².webm'],
    ['D:\\movie.mp4:stream', 'movie.mp4:stream'],
    ['D:\\o.\\movie.mp4', 'o.'],
    ['D:\\o\\movie.mp4 ', 'movie.mp4 '],
    ['D:\\a?\\movie.mp4', 'a?'],
    ['\\\\server\\share\\nul\\a.png', 'nul'],
  ])('%s is refused for its part %s', (path, part) => {
    expect(() => checkWindowsPath(path)).toThrow(`"${part}"`);
  });

  it.each([
    'C:\\',
    'D:',
    'D:\\m.mp4',
    '..\\o\\a.png',
    './o',
    '\\\\server\\share\\console.mp4',
    '\\\\?\\C:\\outputs\\com10.mp4',
    'C:\\o\\.hidden',
    '/outputs/größe 1.5/é.mp4',
  ])('%s is taken', (path) => {
    expect(() => checkWindowsPath(path)).not.toThrow();
  });

  it('are no concern of other systems', () => {
    vi.unstubAllGlobals();
    expect(() => checkWindowsPath('/o/aux.:x')).not.toThrow();
  });
});
