import { lstat, open, stat } from 'node:fs/promises';
import { StepsAnimationError } from '../errors.js';
import { firstLineOf, hasCode } from '../util/error-message.js';

/**
 * Checks that a path is a file with content that this user may read. Without this, reading a pipe would wait for ever.
 * @throws StepsAnimationError `input` with what it is instead, and what to do
 */
export async function checkFile(path: string): Promise<void> {
  const problem = await problemOf(path);
  if (problem !== undefined) throw new StepsAnimationError('input', `${path} ${problem}.`);
}

/** What is wrong with a file, and what to do, to follow its name in a sentence; undefined if it can be read. */
async function problemOf(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return 'is a folder: give a file';
    if (!stats.isFile()) return 'is a pipe, a socket or a device: save its content to a file first';
    if (stats.size === 0) return 'is empty: remove it, or make it again';
    // Opened, because an access check knows nothing of effective users and of network shares.
    await (await open(path)).close();
    return undefined;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM')) return 'may not be read by this user: change its permissions';
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) return `cannot be read (${firstLineOf(error)}): check the disk`;
    if (await isLink(path)) return 'is a link to a file that does not exist: remove or mend it';
    // Node.js decodes names as UTF-8 and puts this character for what is not.
    if (path.includes('\ufffd')) return 'cannot be found; where its name is not in UTF-8, rename it';
    return 'does not exist: check its name';
  }
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
}
