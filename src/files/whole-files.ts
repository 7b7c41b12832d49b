import { access, constants, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StepsAnimationError } from '../errors.js';
import { hasCode, messageOf } from '../util/error-message.js';
import { isFolder } from '../util/exists.js';
import { checkFolderPath, maxNameBytes } from './file-names.js';
import { removeFile, retryWhileHeld } from './held-files.js';
import { numbered, publish, temporaryPath } from './publish.js';
import { checkWindowsPath } from './windows-names.js';

/**
 * Makes a folder, unless it exists, and checks that it can be written to.
 * @throws StepsAnimationError `output` naming the folder; `usage` for a path that is too long, or that Windows does not
 *   allow
 */
export async function prepareFolder(folder: string): Promise<void> {
  checkWindowsPath(folder);
  checkFolderPath(resolve(folder));
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    // Root passes every access check, and a read-only file system only fails when it is written to.
    const probe = temporaryPath(folder);
    await (await open(probe, 'wx')).close();
    await removeFile(probe);
  } catch (error) {
    throw outputError(`Cannot write to the folder ${folder}`, error, 'choose another one, or make it writable');
  }
}

/**
 * Checks that a file can have a name, before anything is made: it is not too long, and Windows allows it.
 * @throws StepsAnimationError `usage`
 */
export async function checkFileName(folder: string, name: string): Promise<void> {
  checkWindowsPath(join(folder, name));
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
    mkdir(folder).catch(async (error: unknown) => {
      // Windows refuses to make the root of a drive.
      if (!hasCode(error, 'EEXIST') && !(await isFolder(folder))) throw error;
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
    await removeFile(temporary);
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
    await retryWhileHeld(() => rename(temporary, path));
  } catch (error) {
    await removeFile(temporary);
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

function outputError(what: string, cause: unknown, remedy: string): StepsAnimationError {
  return new StepsAnimationError('output', `${what} (${messageOf(cause)}): ${remedy}.`, { cause });
}
