import { randomUUID } from 'node:crypto';
import { access, constants, link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';
import { isRunning } from './is-running.js';

/** Files under work begin so; they are hidden, short, and never taken for pictures or movies. */
const temporaryPrefix = `.steps-animation-${hostname()
  .replace(/[^a-z0-9]/gi, '')
  .slice(0, 32)}-`;

/** A name for a file that is not whole yet, in the folder in which it will appear. */
export function temporaryPath(folder: string): string {
  return join(folder, `${temporaryPrefix}${process.pid}-${randomUUID()}.part`);
}

/** Removes unfinished files of processes of this machine that are no more, killed ones for example. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const id = Number.parseInt(name.slice(temporaryPrefix.length), 10);
    if (!isRunning(id)) await unlink(join(folder, name)).catch(() => {});
  }
}

/**
 * Makes sure that a folder is there and can be written to.
 * @throws StepsAnimationError `output` naming the folder
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    // Root passes every access check, and a read-only file system fails only when it is written to.
    const probe = temporaryPath(folder);
    await (await open(probe, 'wx')).close();
    await unlink(probe);
  } catch (error) {
    throw outputError(`Cannot write to the folder ${folder}`, error, 'choose another one, or make it writable');
  }
}

/** Makes a folder and those above it. Node's own recursive `mkdir` never ends where none can be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  const make = () =>
    mkdir(folder).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
  await make().catch(async (error: unknown) => {
    if (!isErrno(error, 'ENOENT') || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  });
}

/**
 * Writes a file so that it appears under its final name only when it is whole and on disk.
 * @returns its path, with `-1`, `-2`, … after the stem when the name is taken
 */
export async function writeWhole(folder: string, stem: string, extension: string, bytes: Uint8Array): Promise<string> {
  const temporary = temporaryPath(folder);
  try {
    await writeToDisk(temporary, bytes);
    return await publish(temporary, folder, stem, extension);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw writeError(join(folder, `${stem}.${extension}`), error);
  }
}

/** Milliseconds by which a file's time can be before its run's: file systems round it, FAT to two seconds. */
export const timeTolerance = 2000;

/**
 * Finds a file that `writeWhole` was asked for before and may have written.
 * @param since when it was asked for the first time at the earliest, in milliseconds since 1970
 * @returns its path; undefined if no file of this name, or with a number after it, has these bytes
 */
export async function findWhole(
  folder: string,
  stem: string,
  extension: string,
  bytes: Uint8Array,
  since: number,
): Promise<string | undefined> {
  for (let suffix = 0; ; suffix++) {
    const path = join(folder, numbered(stem, suffix, extension));
    const facts = await stat(path).catch(() => undefined);
    if (!facts) return undefined;
    const mayBe = facts.mtimeMs >= since - timeTolerance && facts.size === bytes.length;
    if (mayBe && (await readFile(path)).equals(bytes)) return path;
  }
}

/**
 * Replaces a file's content: at any moment there is the old or the new one, whole.
 * @param mode who may read it; whoever the user's mask lets if left out
 */
export async function replaceWhole(path: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const temporary = temporaryPath(dirname(path));
  try {
    await writeToDisk(temporary, bytes, mode);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw writeError(path, error);
  }
}

async function writeToDisk(path: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const file = await open(path, 'wx', mode).catch(async (error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
    // Another run has ended and taken the empty folder away.
    await makeFolder(dirname(path));
    return await open(path, 'wx', mode);
  });
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function writeError(path: string, error: unknown): StepsAnimationError {
  if (error instanceof StepsAnimationError) return error;
  const remedy = 'free some space or choose another folder';
  return outputError(`Cannot write ${basename(path)} in ${dirname(path)}`, error, remedy);
}

/** Brings a file's content to the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a whole file its final name, or the next free one with `-1`, `-2`, …; never replaces another file. */
export async function publish(temporary: string, folder: string, stem: string, extension: string): Promise<string> {
  for (let suffix = 0; ; suffix++) {
    const path = join(folder, numbered(stem, suffix, extension));
    if (await moveWithoutReplacing(temporary, path)) return path;
  }
}

function numbered(stem: string, suffix: number, extension: string): string {
  return suffix === 0 ? `${stem}.${extension}` : `${stem}-${suffix}.${extension}`;
}

async function moveWithoutReplacing(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP')) throw error;
    return renameIntoReservedName(from, to); // file systems without hard links: FAT, some network shares
  }
  await unlink(from);
  return true;
}

async function renameIntoReservedName(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx')).close();
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
  await rename(from, to);
  return true;
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function outputError(what: string, cause: unknown, remedy: string): StepsAnimationError {
  const reason = messageOf(cause);
  return new StepsAnimationError('output', `${what} (${reason}): ${remedy}.`, { cause });
}
