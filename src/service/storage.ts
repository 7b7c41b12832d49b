import { statfsSync } from 'node:fs';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';

/** Why nothing can be written at the moment: the disk is full, another program has locked the file, or it fails. */
type StorageProblem = 'full' | 'locked' | 'failing';

/** Bytes that must be free below the save location for a job to be accepted or started. */
const minFreeBytes = 1024 ** 2;

const codes: Readonly<Record<StorageProblem, RegExp>> = {
  full: /^(?:ENOSPC|EDQUOT|SQLITE_FULL)$/u,
  locked: /^SQLITE_(?:BUSY|LOCKED)/u,
  failing: /^SQLITE_(?:IOERR|READONLY|CANTOPEN|PROTOCOL)/u,
};

/** Something that cannot be written for now: it works again when the problem is gone. */
export class StorageError extends StepsAnimationError {
  constructor(
    readonly problem: StorageProblem,
    place: string,
    cause?: unknown,
  ) {
    const sentences: Readonly<Record<StorageProblem, string>> = {
      full: `The disk of ${place} is full: free some space, then try again.`,
      locked: `Another program has locked ${place}: close it there, then try again.`,
      failing: `Cannot write to ${place} (${messageOf(cause)}): check the disk and its permissions, then try again.`,
    };
    super('output', sentences[problem], { cause });
  }
}

/** The problem behind an error or its causes; undefined if it is another one, which trying again would not solve. */
export function storageProblemOf(error: unknown): StorageProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof StorageError) return error.problem;
  const code = 'code' in error ? String(error.code) : '';
  for (const problem of ['full', 'locked', 'failing'] as const) if (codes[problem].test(code)) return problem;
  return storageProblemOf(error.cause);
}

/** @throws StorageError when the disk of a folder has no room for a job */
export function checkFreeSpace(folder: string): void {
  const { bavail, bsize, blocks } = statfsSync(folder);
  // Some network shares report no size at all.
  if (blocks > 0 && bavail * bsize < minFreeBytes) throw new StorageError('full', folder);
}
