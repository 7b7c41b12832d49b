import { createHash, randomUUID } from 'node:crypto';
import { link, lstat, open, readdir, rename, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../util/error-message.js';
import { removeFile, retryWhileHeld } from './held-files.js';

/** Start of the names of unfinished files and of reservations: hidden, and never mistaken for pictures or movies. */
const hiddenPrefix = '.steps-animation-';
/** Names of this machine's unfinished files. */
const ownPrefix = `${hiddenPrefix}${hostname()
  .replace(/[^a-z0-9]/gi, '')
  .slice(0, 32)}-`;
/** Distinguishes this process from an earlier one with the same number. */
const startId = randomUUID().slice(0, 8);

/** Time since its last write after which an unfinished file counts as abandoned where its process is not known to have ended. */
const abandonedAfterMs = 24 * 60 * 60_000;
/** A name is reserved for milliseconds; later than this, whoever reserved it was killed. */
const reservedForMs = 60_000;

/** The path for an unfinished file, in the folder of the finished one. Its name tells the machine and the process. */
export function temporaryPath(folder: string): string {
  return join(folder, `${ownPrefix}${process.pid}-${startId}-${randomUUID()}.part`);
}

/** Removes unfinished files of processes that have ended, for example because they were killed. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(hiddenPrefix) && (await isAbandoned(folder, name))) await removeFile(join(folder, name));
  }
}

async function isAbandoned(folder: string, name: string): Promise<boolean> {
  if (!name.endsWith('.part') && !name.endsWith('.lock')) return false;
  if (name.startsWith(ownPrefix)) {
    const [pid, start] = name.slice(ownPrefix.length).split('-');
    if (Number(pid) === process.pid) return start !== startId;
    if (!isRunning(Number(pid))) return true;
  }
  // Of another machine on a shared drive, of this one under an earlier name, or with a number that is in use again.
  const stats = await stat(join(folder, name)).catch(() => undefined);
  const maxAgeMs = name.endsWith('.lock') ? reservedForMs : abandonedAfterMs;
  return stats !== undefined && Date.now() - stats.mtimeMs > maxAgeMs;
}

/** Whether a process of this machine is running, of this user or another. */
function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** Gives a finished file its final name, or the next free one with `-1`, `-2`, …; never replaces another file. @returns its path */
export async function publish(temporary: string, folder: string, stem: string, extension: string): Promise<string> {
  for (let suffix = 0; ; suffix++) {
    const path = join(folder, numbered(stem, suffix, extension));
    if (await moveWithoutReplacing(temporary, path)) return path;
  }
}

/** The name of a file, with a number if that is not 0. */
export function numbered(stem: string, suffix: number, extension: string): string {
  return suffix === 0 ? `${stem}.${extension}` : `${stem}-${suffix}.${extension}`;
}

async function moveWithoutReplacing(from: string, to: string): Promise<boolean> {
  try {
    await retryWhileHeld(() => link(from, to));
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (hasCode(error, 'ENOENT', 'ENOSPC')) throw error;
    // No hard links: FAT, exFAT, some network shares. Systems say so in many ways: EPERM, ENOTSUP, EISDIR, EINVAL …
    return await renameReserved(from, to);
  }
  await removeFile(from);
  return true;
}

/**
 * Renames a file unless the new name is taken, on file systems where that is not one operation: the name is reserved
 * meanwhile by a hidden file, so that of several writers one gets it, and nothing unfinished ever has the name.
 */
async function renameReserved(from: string, to: string): Promise<boolean> {
  // Such file systems do not tell apart capital letters.
  const id = createHash('sha256').update(basename(to).normalize().toLowerCase()).digest('hex').slice(0, 32);
  const reservation = join(dirname(to), `${hiddenPrefix}${id}.lock`);
  try {
    await (await open(reservation, 'wx')).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    const isTaken = await lstat(to).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      },
    );
    if (!isTaken) await retryWhileHeld(() => rename(from, to));
    return !isTaken;
  } finally {
    await removeFile(reservation);
  }
}
