import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstLineOf, hasCode, messageOf } from '#src/util/error-message.js';
import { exists, isFile, isFolder } from '#src/util/exists.js';
import { kebabCase, snakeCase } from '#src/util/letter-case.js';
import { withinTime } from '#src/util/with-timeout.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

describe('messages of errors', () => {
  it('are those of errors, and texts of all else', () => {
    expect(messageOf(new Error('a\nb'))).toBe('a\nb');
    expect(messageOf('a')).toBe('a');
    expect(messageOf(undefined)).toBe('undefined');
    expect(firstLineOf(new Error('a\nb'))).toBe('a');
  });

  it('have codes only where Node.js gives them', () => {
    const error = Object.assign(new Error(), { code: 'ENOENT' });
    expect(hasCode(error, 'EEXIST', 'ENOENT')).toBe(true);
    expect(hasCode(error, 'EEXIST')).toBe(false);
    expect(hasCode(new Error(), 'ENOENT')).toBe(false);
    expect(hasCode({ code: 'ENOENT' }, 'ENOENT')).toBe(false);
  });
});

it('names are converted letter by letter', () => {
  expect([kebabCase('lastFrameDuration'), snakeCase('lastFrameDuration')]).toEqual([
    'last-frame-duration',
    'last_frame_duration',
  ]);
  expect([kebabCase('fps'), snakeCase('fps')]).toEqual(['fps', 'fps']);
});

it('paths are files or folders, through links, or do not exist', async () => {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder, name);
  await writeFile(at('file'), '');
  await mkdir(at('folder'));
  await symlink(at('file'), at('link'));
  await symlink(at('none'), at('broken'));
  const kinds = await Promise.all(
    ['file', 'folder', 'link', 'broken', 'none'].map(async (name) => {
      return [await exists(at(name)), await isFile(at(name)), await isFolder(at(name))];
    }),
  );
  expect(kinds).toEqual([
    [true, true, false],
    [true, false, true],
    [true, true, false],
    [false, false, false],
    [false, false, false],
  ]);
});

describe('waiting within a time limit', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives the value of a promise that is in time, and leaves no timer', async () => {
    expect(await withinTime(Promise.resolve('value'), 1000)).toBe('value');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives undefined for a promise that rejects', async () => {
    expect(await withinTime(Promise.reject(new Error('no')), 1000)).toBeUndefined();
  });

  it('gives undefined after the time limit, and no earlier', async () => {
    const onEnd = vi.fn<(value: unknown) => void>();
    void withinTime(new Promise(() => {}), 1000).then(onEnd);
    await vi.advanceTimersByTimeAsync(999);
    expect(onEnd).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onEnd).toHaveBeenCalledExactlyOnceWith(undefined);
  });
});
