import { randomUUID } from 'node:crypto';
import { access, constants, link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { hasCode, messageOf } from '../util/error-message.js';

/** Start of the names of unfinished files: hidden, and never mistaken for pictures or movies. */
const temporaryPrefix = `.steps-animation-${hostname()
  .replace(/[^a-z0-9]/gi, '')
  .slice(0, 32)}-`;

/** The path for an unfinished file, in the folder of the finished one. It contains the id of this process. */
export function temporaryPath(folder: string): string {
  return join(folder, `${temporaryPrefix}${process.pid}-${randomUUID()}.part`);
}

/** Removes unfinished files of processes of this machine that have ended, for example because they were killed. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const id = Number.parseInt(name.slice(temporaryPrefix.length), 10);
    if (!isRunning(id)) await unlink(join(folder, name)).catch(() => {});
  }
}

/** Whether a process of this machine is running, of this user or another. */
function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/**
 * Makes a folder, unless it exists, and checks that it can be written to.
 * @throws StepsAnimationError `output` naming the folder
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    // Root passes every access check, and a read-only file system only fails when it is written to.
    const probe = temporaryPath(folder);
    await (await open(probe, 'wx')).close();
    await unlink(probe);
  } catch (error) {
    throw outputError(`Cannot write to the folder ${folder}`, error, 'choose another one, or make it writable');
  }
}

/** Bytes of a file's name, with all common file systems. */
const maxNameBytes = 255;

/**
 * Checks that a file's name is not too long, before anything is made.
 * @throws StepsAnimationError `usage`
 */
export async function checkFileName(folder: string, name: string): Promise<void> {
  const bytes = Buffer.byteLength(name);
  // Some file systems and folders allow less; they say so when they look for the file.
  const isRefused = await stat(join(folder, name)).then(
    () => false,
    (error: unknown) => hasCode(error, 'ENAMETOOLONG'),
  );
  if (bytes <= maxNameBytes && !isRefused) return;
  const what =
    bytes <= maxNameBytes ? `in ${folder} is too long` : `has ${bytes} bytes, and ${maxNameBytes} are possible`;
  throw new StepsAnimationError('usage', `The file name ${name} ${what}: choose a shorter one.`);
}

/** Makes a folder and its parents. Node's own recursive `mkdir` never returns where that is impossible, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  const make = () =>
    mkdir(folder).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  await make().catch(async (error: unknown) => {
    if (!hasCode(error, 'ENOENT') || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  });
}

/**
 * Writes a file, which gets its final name only when it is whole and on disk.
 * @returns its path, with `-1`, `-2`, … after the stem if the name is taken
 * @throws StepsAnimationError `output`
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

/** By how much a file can seem to be older than its run: file systems round times, FAT to two seconds. */
export const timeToleranceMs = 2000;

/**
 * Finds a file that an interrupted call of `writeWhole` may have written.
 * @param since earliest time of that call, in milliseconds since 1970
 * @returns its path; undefined if no file of this name, with or without a number, has these bytes
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
    const stats = await stat(path).catch(() => undefined);
    if (!stats) return undefined;
    const isCandidate = stats.mtimeMs >= since - timeToleranceMs && stats.size === bytes.length;
    if (isCandidate && (await readFile(path)).equals(bytes)) return path;
  }
}

/**
 * Replaces a file's content: at any moment the file has the old or the new one, whole.
 * @param mode permissions, before the user's umask. Default: readable and writable by all
 * @throws StepsAnimationError `output`
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
    if (!hasCode(error, 'ENOENT')) throw error;
    // Another run has ended and removed the empty folder.
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

/** Flushes a file's content to the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a finished file its final name, or the next free one with `-1`, `-2`, …; never replaces another file. @returns its path */
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
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP')) throw error;
    // File systems without hard links: FAT, some network shares.
    return await renameIntoReservedName(from, to);
  }
  await unlink(from);
  return true;
}

async function renameIntoReservedName(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx')).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  await rename(from, to);
  return true;
}

function outputError(what: string, cause: unknown, remedy: string): StepsAnimationError {
  return new StepsAnimationError('output', `${what} (${messageOf(cause)}): ${remedy}.`, { cause });
}
