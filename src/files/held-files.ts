import { unlinkSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { hasCode } from '../util/error-message.js';

/** Pauses between tries in milliseconds, 2 s in all: a virus scanner, an indexer or a player lets go of a file by then. */
const pausesMs = [10, 20, 40, 80, 150, 300, 600, 800];

/** Files that could not be removed yet. */
const remaining = new Set<string>();

/**
 * Does something with a file, and tries again while another program holds it for a moment. Windows refuses to rename,
 * link or remove a file that is open elsewhere, and answers as if the user had no right to.
 * @throws the last error of `action`
 */
export async function retryWhileHeld<T>(action: () => Promise<T>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await action();
    } catch (error) {
      if (!isHeld(error)) throw error;
      await setTimeout(pauseMs);
    }
  }
  return await action();
}

function isHeld(error: unknown): boolean {
  return hasCode(error, 'EBUSY') || (process.platform === 'win32' && hasCode(error, 'EPERM', 'EACCES'));
}

/**
 * Removes a file, if it exists. One that another program holds is tried again for 2 s, then whenever another file is
 * removed, and when this program ends.
 * @returns whether the file is gone
 */
export async function removeFile(path: string): Promise<boolean> {
  const isGone = await retryWhileHeld(() => unlink(path)).then(
    () => true,
    (error: unknown) => hasCode(error, 'ENOENT', 'ENOTDIR'),
  );
  await Promise.all([...remaining].map(async (other) => unlink(other).then(() => remaining.delete(other), ignore)));
  if (isGone) return true;
  if (remaining.size === 0) process.once('exit', removeRemaining);
  remaining.add(path);
  return false;
}

function removeRemaining(): void {
  for (const path of remaining) {
    try {
      unlinkSync(path);
    } catch {}
  }
}

function ignore(): void {}
