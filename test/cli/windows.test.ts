import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printJson } from '#src/cli/output.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const windows = Object.create(process, { platform: { value: 'win32' } });

beforeEach(() => void vi.stubGlobal('process', windows));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
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

  it('names the runtime that native libraries lack, in place of their message', async () => {
    vi.stubEnv('SystemRoot', await temporaryFolder());
    const error = Object.assign(new Error('The specified module could not be found.'), { code: 'ERR_DLOPEN_FAILED' });
    const { failureOf } = await import('#src/cli/exit.js');
    const { describeExit } = await import('#src/util/forked-process.js');
    const remedy = expect.stringMatching(
      /Visual C\+\+ runtime is missing: install it from https:\/\/\S+\.exe and try again\.$/u,
    );
    expect(failureOf(error)).toEqual({ message: remedy, exitCode: 1 });
    expect(describeExit(1, null)).toEqual(remedy);
    const system = join(process.env.SystemRoot ?? '', 'System32');
    await mkdir(system);
    for (const name of ['msvcp140.dll', 'vcruntime140.dll', 'vcruntime140_1.dll'])
      await writeFile(join(system, name), '');
    expect(failureOf(error).message).toBe(error.message);
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
