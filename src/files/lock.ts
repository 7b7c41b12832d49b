import { rmSync, statSync } from 'node:fs';
import { StepsAnimationError } from '../errors.js';
import { hasCode, messageOf } from '../util/error-message.js';

/** The first try may only make the file; each further one means that another holder removed it in the same moment. */
const maxTries = 10;

/**
 * Takes a lock that one holder at a time can have, among all processes of this machine and within each. It is the
 * operating system's lock on an empty file, by way of SQLite: Node.js has no call for it, and a process that is killed
 * cannot leave it behind.
 * @param path of the lock's file, in an existing folder; it is removed with the lock
 * @returns the lock, to be disposed of; undefined while another holder has it
 * @throws StepsAnimationError `output` when the file cannot be made
 */
export async function tryLock(path: string): Promise<Disposable | undefined> {
  const { default: Libsql } = await import('libsql');
  for (let tries = 1; ; tries++) {
    const before = inodeOf(path);
    let connection: InstanceType<typeof Libsql> | undefined;
    try {
      connection = new Libsql(path);
      connection.exec('begin exclusive');
      // Where another holder has removed the file since it was opened, this lock is on a file that nobody else sees.
      if (before !== undefined && before === inodeOf(path)) return heldLock(path, connection);
      connection.close();
      if (tries === maxTries) return undefined;
    } catch (error) {
      connection?.close();
      if (hasCode(error, 'SQLITE_BUSY')) return undefined;
      // SQLite reports a file that is removed while it opens it as an I/O error.
      if (tries < maxTries) continue;
      const remedy = hasCode(error, 'SQLITE_FULL') ? 'free some space on its disk' : 'make its folder writable';
      throw new StepsAnimationError('output', `Cannot lock ${path} (${messageOf(error)}): ${remedy}.`);
    }
  }
}

function heldLock(path: string, connection: { close(): unknown }): Disposable {
  return {
    [Symbol.dispose]() {
      // Windows cannot remove an open file: neither ours, nor one that the next holder has opened already.
      const isWindows = process.platform === 'win32';
      if (!isWindows) remove(path);
      connection.close();
      if (isWindows) remove(path);
    },
  };
}

/** A file that stays is locked again by the next holder. */
function remove(path: string): void {
  try {
    rmSync(path);
  } catch {}
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
