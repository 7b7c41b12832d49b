import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printJson } from '#src/cli/output.js';

const windows = Object.create(process, { platform: { value: 'win32' } });

beforeEach(() => void vi.stubGlobal('process', windows));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('the command on Windows', () => {
  it('prints JSON in ASCII, which reads as it was', () => {
    const printed: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    const value = { path: 'größe/日本/😀.mp4', text: 'a "b" \\ \n' };
    printJson(value);
    const [line = ''] = printed;
    expect(line).toMatch(/^[\x20-\x7e]*\n$/u);
    expect(JSON.parse(line)).toEqual(value);
  });

  it('takes a second Ctrl-C soon after the first for the same, and closing the window for one', async () => {
    const { withInterruption } = await import('#src/cli/exit.js');
    const exit = vi.spyOn(windows, 'exit').mockImplementation(() => undefined as never);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    let now = 10_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    await withInterruption(async (signal) => {
      process.emit('SIGHUP', 'SIGHUP');
      expect(signal.aborted).toBe(true);
      now += 2000;
      process.emit('SIGINT', 'SIGINT');
      expect(exit).not.toHaveBeenCalled();
      now += 2000;
      process.emit('SIGINT', 'SIGINT');
      expect(exit).toHaveBeenCalledWith(130);
    });
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});
