import { join } from 'node:path';
import Libsql from 'libsql';
import { StepsAnimationError } from '../errors.js';
import { messageOf } from '../util/error-message.js';

/**
 * Makes sure that one service alone works on a save location. It is the operating system's lock on a file of SQLite's,
 * which a process cannot leave behind however it ends.
 * @throws StepsAnimationError `usage` when another service holds it
 */
export function lockFolder(folder: string, outdir: string): Disposable {
  const connection = new Libsql(join(folder, 'lock.db'));
  try {
    connection.exec('begin exclusive');
  } catch (error) {
    connection.close();
    const reason = messageOf(error);
    const isTaken = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
    throw isTaken
      ? new StepsAnimationError(
          'usage',
          `Another service works on ${outdir} already: stop it, or choose another save location with --outdir.`,
        )
      : new StepsAnimationError('output', `Cannot lock the folder ${folder} (${reason}): make it writable.`);
  }
  return {
    [Symbol.dispose]() {
      connection.exec('rollback');
      connection.close();
    },
  };
}
